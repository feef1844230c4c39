"""Foreign checkpoints to `Gan`s, executing nothing in them.

`readers` turn a file into plain arrays, a family's file (`biggan`, `biggan_deep`,
`dcgan`, `eigengan`, `progan`, `stylegan`, `stylegan2`, `efficientnet`) says by a table
of rules where each goes, `checkpoint` does both. `folder` is jgan's own format, and
`export` writes single files for other programs. Start with `convert_checkpoint`.
"""

from jgan.convert._rules import ConversionError as ConversionError
from jgan.convert.checkpoint import convert_checkpoint as convert_checkpoint
from jgan.convert.export import export_checkpoint as export_checkpoint
from jgan.convert.folder import (
    is_saved_gan as is_saved_gan,
    load_folder as load_folder,
    save as save,
)
from jgan.convert.readers import CheckpointError as CheckpointError
from jgan.convert.reconfigure import reconfigure as reconfigure
