"""What channels follow, and how sure the estimate of awareness is."""

import html

import numpy as np

from jgan.gan import Gan
from jgan.report.awareness.numbers import method_numbers
from jgan.report.awareness.structure import Structure
from jgan.report.chart import bar
from jgan.report.page import Files, Section, try_it

_ESTIMATES = {
    "analytic": "read off the class-conditional normalization without making an image: "
    "the mean after the ReLU of a channel that is standard normal before the class "
    "scales and shifts it",
    "active_fraction": "read off the class-conditional normalization without making an "
    "image: the share that the ReLU leaves of a channel that is standard normal before "
    "the class scales and shifts it",
    "empirical": "measured: the mean activation of a channel in images of the class",
}
_NO_LAYERS = """
<p class="note">Which channels follow the latent rather than the class, and hybrids, are
left out: both need class-conditional layers, and this generator has none. The analytic
estimator refuses it for the same reason.</p>
"""
_NO_GAPS = """
<p class="note">The estimate was not held against measured activations: that is done for
the analytic one, and for 40 classes at most.</p>
"""


def method_section(files: Files, gan: Gan, found: Structure) -> Section:
    """Returns the section on how awareness was found, and what it depends on."""
    intro = (
        f"<p>Awareness was {_ESTIMATES[found.estimator]}; over {found.num_latents:,} "
        "latents for each class. He et al. (2022) publish no formula: a jgan "
        "reconstruction.</p>"
    )
    body = intro + (_NO_LAYERS if found.decomposition is None else _table(gan, found))
    if found.decomposition is not None:
        body += files.numbers("method", method_numbers(found)) + try_it(_CODE)
    return Section("method", "Class or latent, and how sure", body)


_CODE = """
parts = awareness.decompose_awareness(gan, num_latents=8, key=jax.random.key(7))
{name: one.class_share.mean() for name, one in parts.items()}
"""


def _table(gan: Gan, found: Structure) -> str:
    heads = ["layer", "channels", "share of the class", "follow the latent"]
    if found.gaps is not None:
        heads += ["gap to measured", "correlation"]
    lines = []
    for name, one in (found.decomposition or {}).items():
        share = one.class_share[np.isfinite(one.class_share)]
        mean = float(share.mean()) if share.size else 0.0
        cells = [
            f'<th scope="row">{html.escape(name)}</th>',
            f"<td>{gan.layers[name].units:,}</td>",
            bar(mean, f"{mean:.0%}" if share.size else "none varies"),
            f"<td>{int((share <= 0.5).sum()):,}</td>",
        ]
        if found.gaps is not None:
            gap = found.gaps[name]
            cells.append(f"<td>{_number(gap.relative, '.0%')}</td>")
            cells.append(f"<td>{_number(gap.correlation, '.2f')}</td>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    shown = "".join(f'<th scope="col">{head}</th>' for head in heads)
    gaps = "" if found.gaps is not None else _NO_GAPS
    if found.gaps is not None:
        gaps = (
            '<p class="note">Gap: mean difference between the estimate and measured '
            "mean activations, over the mean of those, and their correlation over "
            "classes and channels. Within one class a channel is not standard normal, "
            "so they differ.</p>"
        )
    return (
        f'<div class="scroll"><table><thead><tr>{shown}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
        '<p class="note">Share of the class: of the variance of a channel’s awareness '
        "that is by the class or by the latent alone, what is by the class; mean over "
        "channels. Channels below half follow the latent.</p>" + gaps
    )


def _number(value: float, form: str) -> str:
    return format(value, form) if np.isfinite(value) else "–"  # noqa: RUF001
