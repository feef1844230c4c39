"""The generators that jgan knows by name, as data: one file for each family.

Only what `jgan.convert` can read is listed. Every one gives images in [-1, 1], ProGANs
and StyleGANs nominally.
"""

from jgan.zoo.table import _biggan, _dcgan, _eigengan, _progan, _stylegan, _stylegan2
from jgan.zoo.table._entry import Entry as Entry, Wheel as Wheel

ENTRIES = (
    *_biggan.ENTRIES,
    *_dcgan.ENTRIES,
    *_eigengan.ENTRIES,
    *_progan.ENTRIES,
    *_stylegan.ENTRIES,
    *_stylegan2.ENTRIES,
)
