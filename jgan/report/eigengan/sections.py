"""The parts of the page, from numbers and pictures to HTML."""

import html
from typing import Any

import numpy as np

from jgan.gan import Gan
from jgan.report.chart import bar, heat_cell
from jgan.report.eigengan.find import VALUES, Found
from jgan.report.figures import strip, tile
from jgan.report.page import Files, Section, card, fold, loading, try_it

_STYLE, _GEOMETRY = 0, 1


def findings_section(gan: Gan, found: Found) -> Section:
    """Returns the section that says what was found first."""
    pixels = found.effects.layers[:, 0]
    strongest = int(np.argmax(pixels)) + 1
    items = [
        f'<a href="#layers">Layer {strongest}</a> makes most of what images differ '
        f"by: {pixels[strongest - 1]:.0%} of it changes when its dimensions alone are "
        f"drawn anew. Without any dimension, <em>eps</em> makes "
        f"{found.effects.noise[0]:.0%}."
    ]
    weak = [i for i, share in enumerate(pixels.tolist(), start=1) if share < 0.01]
    if weak:
        items.append(
            f"Layers that make less than 1 %, so that their subspace has collapsed: "
            f"{', '.join(map(str, weak))}."
        )
    if found.readings is not None:
        size = np.nan_to_num(np.abs(found.readings.correlation))
        at = np.unravel_index(np.argmax(size), size.shape)
        names = {d.column: d.name for d in found.dimensions}
        told = int((size.max(axis=0) >= 0.5).sum())
        items.append(
            f'<a href="#attributes">Dimension {names[int(at[0])]}</a> tells most: its '
            f"rank correlation with {_attributes(found)[int(at[1])]} is "
            f"{size.max():.2f}. Of {size.shape[1]} attributes, {told} have a dimension "
            "with 0.5 or more."
        )
    code = f"""
import jax, jgan
from jgan import eigengan
{loading(gan)}
latents = gan.sample_latents(4, truncation=1.5, key=jax.random.key(0))
first = eigengan.dimensions(gan)[0]
images = eigengan.traverse(gan, latents, [first.column])
"""
    listed = "".join(f"<li>{item}</li>" for item in items)
    return Section(
        "findings", "In short", f'<ul class="findings">{listed}</ul>{try_it(code)}'
    )


def layers_section(files: Files, found: Found) -> Section:
    """Returns the section with what each layer makes, and images without it."""
    shares = {"pixels": found.effects.layers[:, 0]}
    style, geometry = found.profile(_STYLE), found.profile(_GEOMETRY)
    if style is not None and geometry is not None:
        shares |= {"colors": style, "what is where": geometry}
    heads = "".join(f'<th scope="col">{name}</th>' for name in shares)
    lines = "".join(
        f'<tr><th scope="row">layer {layer + 1}</th>'
        + "".join(bar(x[layer], f"{x[layer]:.0%}") for x in shares.values())
        + "</tr>"
        for layer in range(len(found.without))
    )
    rows = [("as they are", found.whole)]
    rows += [(f"without layer {n}", images) for n, images in found.without.items()]
    cards = "".join(
        card(
            name[0].upper() + name[1:],
            "",
            files.picture(
                f"layers{i}",
                strip([tile(image) for image in images], cols=len(images)),
                alt=f"Six images {name}",
            ),
        )
        for i, (name, images) in enumerate(rows)
    )
    body = (
        "<p>The share of what images differ by that changes where the dimensions of "
        "one layer are drawn anew and all else stays, in parts of what changes where "
        "everything does; of attributes, the mean over those of a kind. The layers act "
        "together, so shares may add up to more than 1.</p>"
        f'<div class="scroll"><table><thead><tr><th></th>{heads}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
        f'<div class="cards">{cards}</div>'
        + files.numbers("layers", {k: v for k, v in shares.items()})
    )
    return Section("layers", "What each layer makes", body)


def dimensions_section(files: Files, found: Found) -> Section:
    """Returns the section with the images along every dimension."""
    heads = "".join(f"<span>{_number(value)}</span>" for value in VALUES)
    parts = []
    for layer in found.without:
        cards = []
        for dimension in found.dimensions:
            if dimension.layer != layer:
                continue
            rows = found.sheets[dimension.column]
            picture = files.picture(
                f"dimension{dimension.column}",
                strip([tile(x) for row in rows for x in row], cols=len(VALUES)),
                alt=f"Images with dimension {dimension.name} from end to end",
            )
            effect = found.effects.dimensions[dimension.column, 0]
            cards.append(
                card(
                    dimension.name,
                    f"|L| {dimension.importance:.1f}, {effect:.1%} of the pixels’ "
                    f"variance{_told(found, dimension.column)}",
                    f'<div class="heads nine">{heads}</div>{picture}',
                )
            )
        strongest = max(
            (d for d in found.dimensions if d.layer == layer),
            key=lambda d: found.effects.dimensions[d.column, 0],
        )
        parts.append(
            fold(
                f"Layer {layer}",
                f"most is changed by {strongest.name}",
                f'<div class="cards">{"".join(cards)}</div>',
                is_open=True,
            )
        )
    body = (
        "<p>One dimension from −4.5 to 4.5 standard deviations, all others as they "  # noqa: RUF001
        "are. The first row starts from zeros everywhere. In each layer the dimension "
        "of the largest |L| is first.</p>"
        + "".join(parts)
        + files.numbers("dimensions", dimension_numbers(found))
    )
    return Section("dimensions", "Along every dimension", body)


def _told(found: Found, column: int) -> str:
    """Returns which attribute a dimension tells, if it tells one."""
    if found.readings is None:
        return ""
    row = np.nan_to_num(np.abs(found.readings.correlation[column]))
    best = int(np.argmax(row))
    if row[best] < 0.3:
        return ""
    return f"; {_attributes(found)[best]} {row[best]:.2f}"


def attributes_section(files: Files, found: Found) -> Section | None:
    """Returns the section with the correlation of dimensions and attributes."""
    readings = found.readings
    if readings is None:
        return None
    names = _attributes(found)
    heads = "".join(f'<th scope="col">{name}</th>' for name in names)
    lines = []
    for dimension in found.dimensions:
        row = np.nan_to_num(readings.correlation[dimension.column]).tolist()
        cells = "".join(
            heat_cell(x, 1.0, text=f"{x:.2f}", title=f"{dimension.name} and {name}")
            for x, name in zip(row, names, strict=True)
        )
        entropy = readings.entropy[dimension.column]
        lines.append(
            f'<tr><th scope="row">{dimension.name}</th>{cells}'
            f"<td>{entropy:.2f}</td></tr>"
        )
    gaps = "".join(f"<td>{np.nan_to_num(gap):.2f}</td>" for gap in readings.gaps)
    body = (
        f"<p>Rank correlation of each dimension with each attribute, over "
        f"{found.num_images} images. Entropy: 0 if a dimension tells one attribute, 1 "
        "if all alike. The last line is the mutual-information gap: how much more the "
        f"best dimension tells than the second. Its mean is {readings.gap:.3f}.</p>"
        f'<div class="scroll"><table><thead><tr><th></th>{heads}'
        '<th scope="col">entropy</th></tr></thead>'
        f'<tbody>{"".join(lines)}<tr><th scope="row">gap</th>{gaps}<td></td></tr>'
        "</tbody></table></div>" + files.numbers("attributes", attribute_numbers(found))
    )
    return Section("attributes", "What each dimension tells", body)


def dimension_numbers(found: Found) -> list[dict[str, Any]]:
    """Returns each dimension with its importance and effect."""
    return [
        dimension._asdict()
        | {
            "name": dimension.name,
            "effect": float(found.effects.dimensions[dimension.column, 0]),
        }
        for dimension in found.dimensions
    ]


def attribute_numbers(found: Found) -> dict[str, Any] | None:
    """Returns correlations and information, by column of `z` and attribute."""
    if found.readings is None or found.attribute_effects is None:
        return None
    return {
        "style": found.attributes[0],
        "geometry": found.attributes[1],
        "correlation": _finite(found.readings.correlation),
        "information": _finite(found.readings.information),
        "gaps": _finite(found.readings.gaps),
        "gap": found.readings.gap,
        "entropy": _finite(found.readings.entropy),
        "layer_effects": _finite(found.attribute_effects.layers),
        "noise_effects": _finite(found.attribute_effects.noise),
    }


def _finite(values: np.ndarray) -> list[Any]:
    """Returns an array as lists, None for NaN, which JSON does not have."""
    whole = values.astype(object)
    whole[~np.isfinite(values)] = None
    return whole.tolist()


def _attributes(found: Found) -> list[str]:
    return [html.escape(n.replace("_", " ")) for part in found.attributes for n in part]


def _number(value: float) -> str:
    return f"{value:+g}".replace("-", "−") if value else "0"  # noqa: RUF001
