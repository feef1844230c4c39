"""Directions of a latent, or of an activation, along which images change.

`Directions` is what every method gives and `traverse` takes: images of many directions
and strengths at once, which `traversal_sheet` puts into one picture. `move` makes the
edits of one step, to combine with others. `sefa` finds directions in the weights alone.
Start with `_directions`.
"""

from jgan.components._directions import Directions as Directions, move as move
from jgan.components._sefa import sefa as sefa
from jgan.components._sheet import traversal_sheet as traversal_sheet
from jgan.components._traverse import traverse as traverse
