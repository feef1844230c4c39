"""From an image to the latents that make it, for any generator.

`invert` does it by optimization; what it returns goes into ``gan.forward``, so that a
real image is edited as a generated one.
"""

from jgan.inversion._invert import Inversion as Inversion, invert as invert
