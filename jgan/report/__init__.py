"""Pictures and static pages of what the analyses find.

`write_tour` shows a whole generator on one page: start there. `write_dissection` names
its units and proves what they cause, and `write_awareness` tells which channels serve
which class, `write_components` what changes style and what geometry, `write_eigengan`
what each dimension of an EigenGAN does, and `write_interpretable` which units stand for
one concept. A page is a folder with ``index.html``, its pictures and the numbers behind
them, and opens from disk: `page`, `figures` and `chart` are what it is made with.
"""

from jgan.report.awareness import write_awareness as write_awareness
from jgan.report.components import write_components as write_components
from jgan.report.dissection import write_dissection as write_dissection
from jgan.report.eigengan import write_eigengan as write_eigengan
from jgan.report.interpretable import write_interpretable as write_interpretable
from jgan.report.tour import Progress as Progress, write_tour as write_tour
