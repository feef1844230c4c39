"""Opens up image generators: which units make what, proved by changing them.

Start with `load`, which gives a `Gan`; read and edit its activations with `taps`.
"""

from jgan import taps as taps
from jgan.convert import convert_checkpoint as convert_checkpoint, save as save
from jgan.gan import Gan as Gan, Layer as Layer
from jgan.zoo import load as load
