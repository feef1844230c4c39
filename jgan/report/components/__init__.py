"""The page of tensor components: what changes style, and what geometry.

Start with `write`. `find` has all numbers and images before anything is written,
`sections` makes HTML of them.
"""

from jgan.report.components.write import write_components as write_components
