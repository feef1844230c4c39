"""Generators as Flax modules without hidden state, one file per family.

Beside them `discriminators` to train against and `efficientnet` to measure with. A
generator only names its parameters and calls `jgan.ops` and `jgan.models.layers`. Its
call takes latents and edits and returns images and taps; `jgan.convert` makes a `Gan`
of it.
"""

from jgan.models import (
    biggan as biggan,
    biggan_deep as biggan_deep,
    dcgan as dcgan,
    eigengan as eigengan,
    progan as progan,
    stylegan as stylegan,
    stylegan2 as stylegan2,
)
