"""Convolution of each image with a kernel of its own, as a style makes them.

`reference` is the definition, `fused` what a TPU runs, `api` the choice.
"""

from .api import (
    Implementation as Implementation,
    each_image_conv as each_image_conv,
    is_fused_on_tpu as is_fused_on_tpu,
)
