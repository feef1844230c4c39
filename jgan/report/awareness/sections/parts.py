"""Images cut into parts without labels."""

import html

from jgan.gan import Gan
from jgan.report.awareness.choose import names_of
from jgan.report.awareness.maps import painted_parts
from jgan.report.awareness.parts import NUM_CLUSTERS, Parts
from jgan.report.figures import strip, tile
from jgan.report.page import Files, Section, card, try_it

_HEADS = "<span>image</span><span>channels alike</span><span>by awareness</span>"


def parts_section(
    files: Files, gan: Gan, chosen: tuple[int, ...], parts: Parts
) -> Section:
    """Returns the section with an image of each class, cut in two ways."""
    cards = []
    for row, name in enumerate(names_of(gan, chosen)):
        three = (
            parts.images[row],
            painted_parts(parts.alike[row]),
            painted_parts(parts.aware[row]),
        )
        picture = files.picture(
            f"parts-{chosen[row]}",
            strip([tile(image) for image in three], cols=3),
            alt=f"An image of {name}, and its {NUM_CLUSTERS} parts without and with "
            "awareness",
        )
        cards.append(
            card(
                html.escape(name),
                f"agreement {parts.agreement[row]:.2f}",
                f'<div class="heads">{_HEADS}</div>{picture}',
            )
        )
    code = f"""
some = gan.sample_latents(2, class_label={chosen[0]}, key=jax.random.key(5))
labels = awareness.segment_images(
    gan, some, awareness=values, layers=[*values], num_clusters={NUM_CLUSTERS},
    key=jax.random.key(6),
)
"""
    body = (
        "<p>Pixels of one image are clustered by the channels that are active there, "
        "with all channels alike, and with each channel weighted by its share of the "
        "awareness of its layer, for the class. No label and no other network is "
        "used.</p>"
        f'<p class="note">K-means into {NUM_CLUSTERS} clusters, each image on its own: '
        "colors tell clusters of one image apart and mean nothing between images. "
        "Agreement of the two: adjusted Rand index, 1 for the same parts and 0 for "
        "chance. A high one says that awareness changes little.</p>"
        f'<div class="cards">{"".join(cards)}</div>{try_it(code)}'
    )
    return Section("parts", "Parts of images", body)
