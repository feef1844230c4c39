"""Hybrids of two classes."""

import html

import numpy as np

from jgan.gan import Gan
from jgan.report.awareness.choose import names_of
from jgan.report.awareness.hybrids import LATER, SHARE, Hybrids
from jgan.report.awareness.numbers import listed
from jgan.report.figures import strip, tile
from jgan.report.page import Files, Section, card, try_it

_PAIRS = 4
_HEADS = "<span>input</span><span>hybrid</span><span>reference</span>"


def hybrids_section(
    files: Files, gan: Gan, chosen: tuple[int, ...], hybrids: Hybrids
) -> Section:
    """Returns the section with some pairs at large, and a grid of all."""
    names = names_of(gan, chosen)
    half = len(chosen) // 2
    cards = "".join(
        _pair(files, hybrids, names, row, (row + half) % len(chosen))
        for row in range(min(_PAIRS, half))
    )
    empty = np.full_like(hybrids.inputs[0], 255)
    both = hybrids.inputs, hybrids.images
    rows = [[empty, *hybrids.references]]
    rows += [[left, *mixed] for left, mixed in zip(*both, strict=True)]
    tiles = [tile(image) for row in rows for image in row]
    grid = strip(tiles, cols=len(chosen) + 1)
    side = tiles[0].shape[0]
    grid[:side, :side, 3] = 0
    shown = listed(names)
    picture = files.picture(
        "hybrids", grid, alt=f"Hybrids of every two of the classes {shown}"
    )
    layers = html.escape(listed(hybrids.layers))
    first, other = chosen[0], chosen[half]
    code = f"""
import numpy as np
channels = {{
    name: np.argsort(-values[name][{other}])[: round({SHARE} * values[name].shape[1])]
    for name in {list(hybrids.layers)}
}}
mine = gan.sample_latents(4, class_label={first}, key=jax.random.key(3))
other = gan.sample_latents(4, class_label={other}, key=jax.random.key(4))
images = awareness.hybridize(
    gan, mine, other, channels=channels, weight=1.0, later={LATER}
)
"""
    body = (
        f"<p>An input of one class gets the {SHARE:.0%} of the channels that serve the "
        f"class of a reference most, with what they hold in the reference, in the "
        f"layers {layers}. Some hybrids show both "
        "classes, in others one of them wins.</p>"
        f'<p class="note">The layers after those are conditioned half by the input and '
        f"half by the reference. How the paper mixes is not published: a jgan "
        "reconstruction, its layers and shares chosen by looking.</p>"
        f'<div class="cards">{cards}</div><h3>Every two classes</h3>{picture}'
        f'<p class="note">On the left the inputs, above the references, each from top '
        f"and from left {html.escape(shown)}. A hybrid has the input of its row and "
        "the reference of its column; on the diagonal, both are of one class.</p>"
        f"{try_it(code)}"
    )
    return Section("hybrids", "Hybrids of two classes", body)


def _pair(files: Files, hybrids: Hybrids, names: list[str], row: int, col: int) -> str:
    three = hybrids.inputs[row], hybrids.images[row, col], hybrids.references[col]
    picture = files.picture(
        f"hybrid-{row}-{col}",
        strip([tile(image) for image in three], cols=3),
        alt=f"An image of {names[row]}, its hybrid with one of {names[col]}, and that",
    )
    title = f"{html.escape(names[row])} with {html.escape(names[col])}"
    return card(title, "", f'<div class="heads">{_HEADS}</div>{picture}')
