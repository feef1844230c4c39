"""The parts of the page, from numbers and pictures to HTML."""

import html
from typing import Any

import numpy as np

from jgan.components import Comparison
from jgan.gan import Gan
from jgan.report.chart import Axis, bar, curves, heat_cell
from jgan.report.components.find import Found
from jgan.report.components.sheets import ENTRIES, REACH, STRENGTHS, Sheet
from jgan.report.figures import strip, tile
from jgan.report.page import Files, Section, card, loading, try_it

_NAMES = {
    "tensor": "tensor components",
    "pca": "PCA of the layer",
    "ganspace": "GANSpace",
    "sefa": "SeFa",
    "random": "random directions",
}
_MODES = {
    "unit": ("units", "The same at every place: style, says the method."),
    "row": ("rows", "The same in all columns and units: geometry, says the method."),
    "col": ("columns", "The same in all rows and units: geometry, says the method."),
}
_SHEETS = {
    **{mode: (f"Components of {name}", note) for mode, (name, note) in _MODES.items()},
    ENTRIES: (
        "Entries of the core",
        "A component of each mode, multiplied: of some units, in some rows of some "
        "columns. Their variance is what it would be if modes were independent.",
    ),
}


def findings_section(gan: Gan, found: Found) -> Section:
    """Returns the section that says what was found first."""
    items = [
        f"The layer tells {found.r_squared:.0%} of the variance of "
        f"<em>{found.target}</em>, on images that the regression did not see: that "
        "much of an edit of the layer can be made by the latent."
    ]
    compared = found.compared
    if compared is not None:
        mod = {name: one.mod for name, one in compared.items()}
        best = min(mod, key=lambda name: mod[name])
        items.append(
            f'<a href="#leakage">Least leakage</a>: {_NAMES[best]}, with a mean '
            f"off-diagonal of {mod[best]:.2f}. Tensor components have "
            f"{mod['tensor']:.2f}, random directions {mod['random']:.2f}."
        )
    code = f"""
import jax, jgan
from jgan import components
{loading(gan)}
methods = components.all_methods(
    gan, {found.layer!r}, target={found.target!r}, num_images={found.num_images},
    key=jax.random.key(0),
)
"""
    listed = "".join(f"<li>{item}</li>" for item in items)
    return Section(
        "findings", "In short", f'<ul class="findings">{listed}</ul>{try_it(code)}'
    )


def sheets_section(files: Files, found: Found) -> Section:
    """Returns the section with the images of each mode's components."""
    heads = "".join(f"<span>{_number(REACH * x)}</span>" for x in STRENGTHS)
    parts = []
    for name, (title, note) in _SHEETS.items():
        sheet = found.sheets[name]
        cards = []
        for i, (share, rows) in enumerate(
            zip(sheet.variances, sheet.images, strict=True)
        ):
            tiles = [tile(image) for row in rows for image in row]
            picture = files.picture(
                f"{name}{i}",
                strip(tiles, cols=len(STRENGTHS)),
                alt=f"Images moved along: {title}, {_named(sheet, i)}",
            )
            cards.append(
                card(
                    _named(sheet, i),
                    f"{share:.1%} of the variance",
                    f'<div class="heads five">{heads}</div>{picture}',
                )
            )
        parts.append(
            f'<h3>{title}</h3><p>{note}</p><div class="cards">{"".join(cards)}</div>'
        )
    body = (
        "<p>Each component is taken to the latent by regression. The number above an "
        "image is how far the latent moves, in lengths that latents usually have; the "
        "third image is as the generator makes it.</p>"
        + "".join(parts)
        + files.numbers("sheets", _sheet_numbers(found))
    )
    return Section("sheets", "What components change", body)


def _named(sheet: Sheet, index: int) -> str:
    if not sheet.entries:
        return f"Component {index}"
    row, col, unit = sheet.entries[index]
    return f"Rows {row} × columns {col} × units {unit}"


def _sheet_numbers(found: Found) -> dict[str, Any]:
    """Returns the share of the variance of what each sheet shows."""
    entries = [
        {"row": row, "col": col, "unit": unit}
        for row, col, unit in found.sheets[ENTRIES].entries
    ]
    variances = {name: sheet.variances for name, sheet in found.sheets.items()}
    return variances | {"entries": entries}


def spectra_section(files: Files, found: Found) -> Section:
    """Returns the section with the variance that components of each mode capture."""
    spectra = found.methods.decomposition.spectra
    lines = {}
    for mode, (name, _) in _MODES.items():
        summed = np.concatenate([[0.0], np.cumsum(np.asarray(spectra[mode]))])
        lines[name] = summed / summed[-1] if summed[-1] > 0 else summed
    chart = curves(
        lines,
        axis=Axis("share of the mode’s components", ("0%", "50%", "100%")),
        label="Variance captured by the first components of each mode",
        diagonal=True,
    )
    body = (
        "<p>The share of the layer’s variance that the first components of each mode "
        "capture. On the diagonal, all components would count alike.</p>"
        f"{chart}{files.numbers('spectra', spectra)}"
    )
    return Section("spectra", "How many components it takes", body)


def leakage_section(files: Files, found: Found) -> Section | None:
    """Returns the section with the matrices of all methods, if attributes are read."""
    if found.compared is None:
        return None
    lines = "".join(
        f'<tr><th scope="row">{_NAMES[name]}</th>'
        + bar(one.mod, f"{one.mod:.2f}")
        + bar(one.separation, f"{one.separation:.2f}")
        + "</tr>"
        for name, one in found.compared.items()
    )
    cards = "".join(
        card(
            _NAMES[name][0].upper() + _NAMES[name][1:],
            f"mean off-diagonal {one.mod:.2f}",
            _matrix(found, one),
        )
        for name, one in found.compared.items()
    )
    body = (
        "<p>For each attribute, every method gives the one of its directions that "
        "changes it most. A row shows what that edit changes, measured on other "
        "images, in standard deviations: of a good edit, the diagonal alone.</p>"
        '<div class="scroll"><table><thead><tr><th scope="col">method</th>'
        '<th scope="col">mean off-diagonal</th><th scope="col">separation</th></tr>'
        f"</thead><tbody>{lines}</tbody></table></div>"
        '<p class="note">Mean off-diagonal: lower is better; columns are divided by '
        "their largest entry. Separation of style and geometry: higher is better, 1 "
        "if each edit changes one alone.</p>"
        f'<div class="cards">{cards}</div>'
        + files.numbers("leakage", leakage_numbers(found))
    )
    return Section("leakage", "What edits change besides", body)


def leakage_numbers(found: Found) -> dict[str, Any]:
    """Returns the matrices with their names."""
    style, geometry = found.attributes
    return {"style": style, "geometry": geometry, "methods": found.compared}


def _matrix(found: Found, one: Comparison) -> str:
    names = [
        html.escape(n.replace("_", " ")) for part in found.attributes for n in part
    ]
    largest = one.changes.max(axis=0)
    heads = "".join(f'<th scope="col">{name}</th>' for name in names)
    lines = []
    for name, row in zip(names, one.changes, strict=True):
        cells = "".join(
            heat_cell(x, most, text=f"{x:.1f}", title=f"{name} changes {other}")
            for x, most, other in zip(
                row.tolist(), largest.tolist(), names, strict=True
            )
        )
        lines.append(f'<tr><th scope="row">{name}</th>{cells}</tr>')
    return (
        f'<div class="scroll"><table><thead><tr><th></th>{heads}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _number(value: float) -> str:
    return f"{value:+g}".replace("-", "−") if value else "0"  # noqa: RUF001
