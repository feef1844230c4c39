"""Pictures and static pages of what the analyses find.

`write_tour` shows a whole generator on one page: start there. A page is a folder with
``index.html``, its pictures and the numbers behind them, and opens from disk.
"""

from jgan.report.tour import Progress as Progress, write_tour as write_tour
