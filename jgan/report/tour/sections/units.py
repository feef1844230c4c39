"""What the units respond to."""

import html
from collections.abc import Mapping

import numpy as np
from jaxtyping import UInt8

from jgan.gan import Gan
from jgan.report.figures import spotlights, strip
from jgan.report.page import Files, Section, card, fold, try_it
from jgan.report.tour.measure import LayerUnits, Unit
from jgan.report.tour.observe import Maps

# More than this many open layers would hide the sections below.
_MOST_OPEN = 6


def units_section(
    files: Files,
    gan: Gan,
    units: Mapping[str, LayerUnits],
    images: UInt8[np.ndarray, "image row col 3"],
    maps: Maps,
) -> Section:
    """Returns the section with the most active and most variable units by layer.

    Args:
        files: Where pictures go.
        gan: The generator.
        units: The units to show, by layer.
        images: All that the units were watched on.
        maps: Of those units, in the images that excite each most.
    """
    parts = []
    for layer, found in units.items():
        size = gan.layers[layer]
        lists = ""
        for title, some in (
            ("Most active", found.most_active),
            ("Most variable from image to image", found.most_variable),
        ):
            cards = "".join(_card(files, layer, u, images, maps) for u in some)
            if cards:
                lists += f'<h4>{title}</h4><div class="cards">{cards}</div>'
        detail = f"{size.units:,} units on maps of {size.rows} × {size.cols}"
        is_open = len(units) <= _MOST_OPEN or len(parts) == len(units) // 2
        parts.append(fold(layer, detail, lists, is_open=is_open))
    numbers = {
        name: {"most_active": u.most_active, "most_variable": u.most_variable}
        for name, u in units.items()
    }
    layer = list(units)[len(units) // 2]
    code = f"""
images, taps = jax.jit(gan.forward)(gan.params, latents)
strengths = abs(taps[{layer!r}]).mean(axis=(1, 2))  # (image, unit)
strengths[:, {units[layer].most_active[0].unit}].argsort()[::-1]  # Most exciting first.
"""
    body = (
        f"<p>For each unit, those of {len(images)} images that excite it most. The "
        "image is lit where the unit is strong and dark elsewhere, and the outline "
        "holds its strongest tenth. If the lit parts show the same thing again and "
        "again, that thing is what the unit stands for.</p>"
        '<p class="note">Most active: highest mean absolute activation, which also '
        "ranks the images. Most variable: the mean activation differs most from image "
        "to image; units already listed are not repeated. “On”: the share of pixels "
        f"above zero.</p>{files.numbers('units', numbers)}{''.join(parts)}"
        + try_it(code)
    )
    return Section("units", "What units respond to", body)


def _card(files, layer: str, unit: Unit, images, maps) -> str:
    tiles = spotlights(
        [images[i] for i in unit.images],
        [maps[layer, unit.unit, i] for i in unit.images],
    )
    name = html.escape(layer)
    picture = files.picture(
        f"{layer}-unit{unit.unit}",
        strip(tiles, cols=len(tiles)),
        alt=f"Where unit {unit.unit} of {name} fires in the images that excite it most",
    )
    detail = (
        f"mean {unit.mean:.2f} · between images ±{unit.between_images:.2f} · "
        f"on {unit.active_fraction:.0%}"
    )
    return card(f"{name} · unit {unit.unit}", detail, picture)
