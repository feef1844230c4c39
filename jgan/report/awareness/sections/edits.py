"""What channels mean: sheets of their edits."""

import html

from jgan.gan import Gan
from jgan.report.awareness.choose import names_of
from jgan.report.awareness.edits import Edits, Sheet
from jgan.report.awareness.numbers import edit_numbers, listed
from jgan.report.awareness.sections.findings import levels
from jgan.report.figures import strip, tile
from jgan.report.page import Files, Section, card, try_it


def edits_section(files: Files, gan: Gan, edits: Edits) -> Section:
    """Returns the section with a row of pictures for each channel."""
    layer = html.escape(edits.layer)
    first = edits.of_classes[0]
    row = edits.chosen.index(first.of_classes[0])
    code = f"""
# Of all classes; the page compares those that it shows.
found = awareness.rank_channels(
    gan, [{edits.layer!r}], operation="multiply", strength=0.0, num_latents=1,
    key=jax.random.key(1),
)[{edits.layer!r}]
found.ranking({first.of_classes[0]}), found.ranking_alike
latents = gan.sample_latents(
    1, class_label={edits.chosen[row]}, key=jax.random.key(2)
)
images = awareness.sweep_channel(
    gan, latents, layer={edits.layer!r}, channel={first.channel},
    strengths={list(first.strengths)}, operation="multiply",
)
"""
    body = (
        f"<p>One channel of <em>{layer}</em> is changed everywhere in the image, and "
        "nothing else. The third image of each strip is as the generator makes it.</p>"
        "<h3>Channels that one class needs</h3>"
        "<p>Of each class, the channel whose absence changes its images most beyond "
        "what it changes in the classes on average. Its own class comes first, then "
        "those that it changes much, less, and least.</p>"
        '<p class="note">The channel is multiplied by the number above the image: 0 '
        "turns it off, below 0 turns it over. Beside the name: mean change of a pixel "
        "of images of that class without the channel, of 255 levels.</p>"
        + "".join(_sheet(files, gan, edits, one) for one in edits.of_classes)
        + "<h3>Channels that act alike in all classes</h3>"
        "<p>The channels that change all classes shown most, at the same places in the "
        "same colors.</p>"
        '<p class="note">The number above the image times the root mean square of the '
        "channel is added. Beside the name: mean change by adding 3. “Alike”: 100 % if "
        "colors shift equally in all classes, in a grid of 4 × 4 cells.</p>"
        + "".join(_sheet(files, gan, edits, one) for one in edits.alike)
        + files.numbers("edits", edit_numbers(edits))
        + try_it(code)
    )
    return Section("edits", "What channels mean", body)


def _sheet(files: Files, gan: Gan, edits: Edits, sheet: Sheet) -> str:
    heads = "".join(f"<span>{_head(sheet, x)}</span>" for x in sheet.strengths)
    cards = []
    for label, name, images in zip(
        sheet.shown, names_of(gan, sheet.shown), sheet.images, strict=True
    ):
        what = "multiplied by" if sheet.operation == "multiply" else "with"
        picture = files.picture(
            f"channel{sheet.channel}-{sheet.operation}-class{label}",
            strip([tile(image) for image in images], cols=len(images)),
            alt=f"An image of {name} with channel {sheet.channel} of {edits.layer} "
            f"{what} {', '.join(_number(x) for x in sheet.strengths)}"
            f"{'' if sheet.operation == 'multiply' else ' root mean squares added'}",
        )
        effect = float(sheet.effect[edits.chosen.index(label)])
        cards.append(
            card(
                html.escape(name),
                f"{levels(effect)} levels",
                f'<div class="heads five">{heads}</div>{picture}',
            )
        )
    return f'<h4>{_title(gan, sheet)}</h4><div class="cards">{"".join(cards)}</div>'


def _title(gan: Gan, sheet: Sheet) -> str:
    if not sheet.of_classes:
        return f"Channel {sheet.channel} · {sheet.alike:.0%} alike"
    return f"Channel {sheet.channel} · {html.escape(_owners(gan, sheet))}"


def _owners(gan: Gan, sheet: Sheet) -> str:
    return listed(names_of(gan, sheet.of_classes))


def _head(sheet: Sheet, strength: float) -> str:
    if sheet.operation == "multiply":
        return f"× {_number(strength)}"
    return _number(strength) if strength <= 0 else f"+{strength:g}"


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "−")  # noqa: RUF001
