"""The dissection of a generator as a page: its units, and what they cause.

`write` has the order of things. `units` compares units with concepts, beside a control,
`causes` changes some of them, `pictures` draws, and `sections` makes HTML of it all.
`partial` keeps what is done, should it be interrupted.
"""

from jgan.report.dissection.write import write_dissection as write_dissection
