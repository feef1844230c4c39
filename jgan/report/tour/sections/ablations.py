"""What becomes of the images without a unit."""

import html
from collections.abc import Mapping

import numpy as np

from jgan.gan import Gan
from jgan.report.figures import difference, magnification, strip, tile
from jgan.report.page import Files, Section, card, fold, try_it
from jgan.report.tour.ablate import LayerEffects

_MOST_OPEN = 6
_IMAGES_PER_UNIT = 2
_HEADS = "<span>before</span><span>without it</span><span>difference ×{}</span>"


def ablations_section(
    files: Files, gan: Gan, effects: Mapping[str, LayerEffects]
) -> Section:
    """Returns the section with the units whose absence changes the images most."""
    num_images = len(next(iter(effects.values())).before)
    parts, partial = [], []
    for layer, effect in effects.items():
        size = gan.layers[layer]
        magnified = magnification(effect.before, effect.after)
        cards = "".join(
            _card(files, layer, effect, rank, magnified)
            for rank in range(len(effect.strongest))
        )
        if len(effect.units) < size.units:
            partial.append(layer)
            detail = f"the {len(effect.units)} most active of {size.units:,} units"
        else:
            detail = f"all {size.units:,} units"
        parts.append(
            fold(
                layer,
                f"strongest of {detail}",
                f'<div class="cards">{cards}</div>',
                is_open=len(effects) <= _MOST_OPEN or len(parts) == len(effects) // 2,
            )
        )
    note = ""
    if partial:
        note = (
            '<p class="note">To stay within minutes, only the most active units of '
            f"{html.escape(', '.join(partial))} were tried; each layer says how many. "
            "A quiet unit among the others may matter more.</p>"
        )
    numbers = {
        name: {
            "units": e.units,
            "change": e.change,
            "spread": e.spread,
            "strongest": e.strongest,
            "num_images": num_images,
        }
        for name, e in effects.items()
    }
    layer, effect = list(effects.items())[len(effects) // 2]
    code = f"""
mask = jgan.taps.unit_mask({effect.strongest[0]}, num_units={gan.layers[layer].units})
edits = {{{layer!r}: jgan.taps.ablate(mask)}}
after, _ = jax.jit(gan.forward)(gan.params, latents, edits)
"""
    body = (
        "<p>A unit that responds to something need not cause it. So each unit is set "
        f"to zero alone, in the same {num_images} images, and what changes is its "
        "doing. Ranked by the mean absolute change of a pixel, in levels of 255; shown "
        f"are the {_IMAGES_PER_UNIT} images that change most.</p>"
        '<p class="note">Difference: after minus before on mid-gray, magnified by the '
        "factor above it, the same for all units of a layer. Brighter means that the "
        f"unit made the image darker.</p>{note}{files.numbers('ablations', numbers)}"
        f"{''.join(parts)}{try_it(code)}"
    )
    return Section("ablations", "What units do: switched off one by one", body)


def _card(
    files: Files, layer: str, effect: LayerEffects, rank: int, magnified: int
) -> str:
    unit = effect.strongest[rank]
    position = int(np.flatnonzero(effect.units == unit)[0])
    after = effect.after[rank]
    gap = np.abs(after.astype(np.int16) - effect.before.astype(np.int16))
    most = np.argsort(-gap.mean(axis=(1, 2, 3)), kind="stable")[:_IMAGES_PER_UNIT]
    tiles = []
    for i in most:
        before = effect.before[i]
        tiles += [tile(before), tile(after[i]), difference(before, after[i], magnified)]
    name = html.escape(layer)
    picture = files.picture(
        f"{layer}-without{unit}",
        strip(tiles, cols=3),
        alt=f"Images before and after zeroing unit {unit} of {name}, and differences",
    )
    detail = (
        f"changes a pixel by {effect.change[position]:.1f} of 255 · "
        f"covers {effect.spread[position]:.0%} of the image"
    )
    heads = f'<div class="heads">{_HEADS.format(magnified)}</div>'
    return card(f"{name} · unit {unit}", detail, heads + picture)
