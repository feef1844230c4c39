"""The page of a generator whose units stand for concepts, before and after training.

`write_interpretable` writes it; `find` says what is measured, `sections` how it is
shown.
"""

from jgan.report.interpretable.write import write_interpretable as write_interpretable
