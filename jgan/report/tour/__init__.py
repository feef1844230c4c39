"""The tour: one page that shows what the units of a generator do.

`write` has the order of things. `observe` and `ablate` run the generator, `measure`
makes numbers of it, `figures` pictures, and `page`, `sections` and `chart` the HTML.
"""

from jgan.report.tour.write import Progress as Progress, write_tour as write_tour
