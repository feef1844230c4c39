"""Channel awareness: which channels of a class-conditional generator serve which class.

`analytic_awareness` reads it off the class-conditional normalization, without making
an image; `contrast` tells what sets a class apart. Start with those two (`_analytic`).
"""

from jgan.awareness._analytic import (
    analytic_awareness as analytic_awareness,
    contrast as contrast,
)
from jgan.awareness._rectified import rectified_normal_mean as rectified_normal_mean
