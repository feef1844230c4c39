"""Channel awareness of a generator as a page: what channels mean, and to which class.

`write` has the order of things. `choose` decides which classes and layers are shown,
`structure` compares classes, `edits`, `hybrids` and `parts` make images, `maps` draws
numbers, `numbers` puts them into JSON, and `sections` makes HTML of it all.
"""

from jgan.report.awareness.write import write_awareness as write_awareness
