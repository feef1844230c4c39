"""What generators and analyses spend their time in, in the form that runs fastest.

Each file holds one convolution: its plain definition and the fast form that is tested
against it, value and gradient. `overlap_counts` has its forms in `kernels`. Everything
is NHWC, kernels are HWIO.
"""

from jgan.kernels.overlap_counts import (
    OverlapCounts as OverlapCounts,
    enlarge as enlarge,
    overlap_counts as overlap_counts,
)
from jgan.ops._bias_act import GAIN as GAIN, bias_leaky_relu as bias_leaky_relu
from jgan.ops._conv import conv as conv
from jgan.ops._downsample_conv import (
    downsample as downsample,
    downsample_conv as downsample_conv,
    squares as squares,
)
from jgan.ops._fir import (
    fir_downsample as fir_downsample,
    fir_upsample as fir_upsample,
)
from jgan.ops._fir_upsample_conv import fir_upsample_conv as fir_upsample_conv
from jgan.ops._modulated_conv import modulated_conv as modulated_conv
from jgan.ops._stride_two import (
    strided_conv_3x3 as strided_conv_3x3,
    transposed_conv_3x3 as transposed_conv_3x3,
)
from jgan.ops._transposed_conv import transposed_conv as transposed_conv
from jgan.ops._upsample_conv import upsample as upsample, upsample_conv as upsample_conv
