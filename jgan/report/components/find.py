"""All that the page shows, as numbers and images."""

import dataclasses
from collections.abc import Callable, Mapping

import jax
from jaxtyping import PRNGKeyArray

from jgan import components
from jgan.gan import Gan
from jgan.report.batch_size import images_that_fit
from jgan.report.components.sheets import Sheet, make_sheets
from jgan.typing import AttributeReader

# Images of each method's directions that are compared: of faces, a minute and a half.
_COMPARED = 32
_HELD_OUT = 1000


@dataclasses.dataclass(frozen=True, kw_only=True)
class Found:
    """What was found of one layer.

    Attributes:
        layer: Its name.
        target: The latent that is edited.
        num_images: For each pass.
        methods: Directions of all methods, and what they are made of.
        r_squared: Share of the latent's variance that the layer tells, on other images.
        sheets: By mode, and of entries of the core.
        attributes: Names, of style and of geometry; none if nothing reads them.
        compared: By method; None likewise.
    """

    layer: str
    target: str
    num_images: int
    methods: components.Methods
    r_squared: float
    sheets: Mapping[str, Sheet]
    attributes: tuple[tuple[str, ...], tuple[str, ...]]
    compared: Mapping[str, components.Comparison] | None


def find_components(
    gan: Gan,
    layer: str,
    reader: AttributeReader | None,
    *,
    num_images: int,
    progress: Callable[[str, float], None],
    key: PRNGKeyArray,
) -> Found:
    """Returns the components of a layer, their edits, and how methods compare.

    Args:
        gan: The generator.
        layer: Of its layers.
        reader: Of attributes, or None if there is none for such images.
        num_images: For each pass over images.
        progress: Told what is done, and the share.
        key: Consumed whole.
    """
    target = default_target(gan)
    keys = jax.random.split(key, 4)
    names = () if reader is None else (*reader.style, *reader.geometry)
    share = 0.9 if reader is None else 0.3
    progress("decomposing", 0.0)
    methods = components.all_methods(
        gan,
        layer,
        target=target,
        num_directions=max(16, len(names)),
        num_images=num_images,
        batch_size=images_that_fit(gan),
        progress=lambda done: progress("decomposing", share * done),
        key=keys[0],
    )
    scores = components.r_squared(
        gan,
        layer,
        methods.regression,
        num_images=min(num_images, _HELD_OUT),
        batch_size=images_that_fit(gan),
        key=keys[1],
    )
    sheets = make_sheets(gan, layer, target, methods, key=keys[2])
    compared = None
    if reader is not None:
        compared = components.compare_directions(
            gan,
            methods.directions,
            reader,
            num_images=_COMPARED,
            progress=lambda done: progress("comparing", share + (1 - share) * done),
            key=keys[3],
        )
    return Found(
        layer=layer,
        target=target,
        num_images=num_images,
        methods=methods,
        r_squared=scores[target],
        sheets=sheets,
        attributes=((), ()) if reader is None else (reader.style, reader.geometry),
        compared=compared,
    )


def default_target(gan: Gan) -> str:
    """Returns which latent is edited: ``"w"`` where there is one, else ``"z"``."""
    latents = gan.sample_latents(1, key=jax.random.key(0))
    _, taps = jax.eval_shape(gan.forward, gan.params, latents)
    return "w" if "w" in taps else "z"
