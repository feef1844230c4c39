"""From a `Gan` to a file that others read: the way back of `convert_checkpoint`."""

import os
import pathlib

from jgan.convert import stylegan2
from jgan.convert._one_file import write_one_file
from jgan.convert._rules import ConversionError
from jgan.convert._torch_writer import write_torch
from jgan.files import whole_file
from jgan.gan import Gan

# What a file of each is called.
_SUFFIXES = {"safetensors": ".safetensors", "rosinality": ".pt"}


def export_checkpoint(
    gan: Gan, path: str | os.PathLike[str], *, format: str = "safetensors"
) -> pathlib.Path:
    """Writes a generator to one file, which appears whole or not at all.

    Args:
        gan: The generator.
        path: The file. Its parent is made if needed.
        format: ``"safetensors"`` is for every family: parameters by their path, with
            config and class names as the file's text; `convert_checkpoint` reads it
            back bit for bit. ``"rosinality"`` is for a StyleGAN2 that
            github.com/rosinality/stylegan2-pytorch has too, whose scripts, and its
            ``Generator.load_state_dict``, take the file; it is written without torch.

    Returns:
        The path.

    Raises:
        ConversionError: If the format has no such generator.
        ValueError: If there is no such format, or `path` does not end as its files do.
        FileExistsError: If `path` exists.
    """
    path = check_export_path(path, format=format)
    if format == "safetensors":
        with whole_file(path) as scratch:
            write_one_file(gan, scratch)
        return path
    if gan.family != stylegan2.FAMILY:
        raise ConversionError(
            f"{gan.name} is a {gan.family}, and {format} files hold a StyleGAN2. "
            "Export as safetensors."
        )
    content = stylegan2.export(gan.config, gan.params)
    with whole_file(path) as scratch:
        write_torch(content, scratch)
    return path


def check_export_path(path: str | os.PathLike[str], *, format: str) -> pathlib.Path:
    """Returns the path if `export_checkpoint` can write there, to ask before long work.

    Raises:
        ValueError: If there is no such format, or `path` does not end as its files do.
        FileExistsError: If `path` exists.
    """
    path = pathlib.Path(path)
    if format not in _SUFFIXES:
        raise ValueError(f"There is no format {format!r}. Have {list(_SUFFIXES)}.")
    if path.suffix != _SUFFIXES[format]:
        raise ValueError(
            f"{path} does not end in {_SUFFIXES[format]}, as {format} files do."
        )
    if path.exists():
        raise FileExistsError(f"{path} exists. Choose another name.")
    return path
