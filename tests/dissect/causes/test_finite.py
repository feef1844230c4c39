"""Numbers that are none, and labels that name nothing, end a pass with a reason."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import dissect
from jgan.dissect import causes
from jgan.segment import from_function
from tests.dissect.causes.planted import CAUSAL, COLORS, CONCEPTS, planted_gan


def _sample():
    return dissect.Sample(num_images=20, batch_size=8, key=jax.random.key(0))


PASSES = {
    "sites": lambda gan, segmenter: causes.find_sites(
        gan,
        "layer",
        concept="house",
        segmenter=segmenter,
        num_sites=4,
        sample=_sample(),
    ),
    "contexts": lambda gan, segmenter: causes.insertion_by_context(
        gan,
        "layer",
        CAUSAL,
        np.ones(10),
        concept="house",
        segmenter=segmenter,
        sample=_sample(),
    ),
    "curve": lambda gan, segmenter: causes.ablation_curve(
        gan,
        "layer",
        CAUSAL,
        concept="house",
        segmenter=segmenter,
        counts=(0, 1),
        sample=_sample(),
    ),
}


def _spoiled(where):
    """The generator with infinity in one image, the number 8, before or after."""
    gan = planted_gan()
    bad = gan.sample_latents(1, start=8, key=jax.random.key(0)).z[0, 0]

    def forward(params, latents, edits=None):
        spoil = jnp.where(latents.z[:, 0] == bad, jnp.inf, 0.0)[:, None, None, None]
        images, taps = gan.forward(params, latents, edits)
        if where == "activation":
            return images, {"layer": taps["layer"] + spoil}
        return images + spoil, taps

    return dataclasses.replace(gan, name=where, forward=forward)


@pytest.mark.parametrize("name", PASSES)
@pytest.mark.parametrize(
    ("where", "complaint"),
    [
        ("activation", "activation of layer 'layer' is not finite in batch 1"),
        ("images", "layer 'layer' is finite in batch 1, but not the images of it"),
    ],
)
def test_an_infinite_value_is_located(name, where, complaint):
    with pytest.raises(ValueError, match=complaint):
        PASSES[name](_spoiled(where), COLORS)


@pytest.mark.parametrize("name", ["sites", "contexts"])
def test_scores_that_are_no_numbers_are_refused(name):
    spoil = lambda images: COLORS.scores(images) + jnp.nan
    segmenter = from_function(COLORS.segment, CONCEPTS, scores=spoil)
    with pytest.raises(ValueError, match="what was told of them. Look for NaN in"):
        PASSES[name](planted_gan(), segmenter)


@pytest.mark.parametrize("shift", [-2, 1])
def test_labels_of_a_curve_name_concepts(shift):
    segmenter = from_function(lambda images: COLORS.segment(images) + shift, CONCEPTS)
    with pytest.raises(ValueError, match=f"labels {shift} to .* and has 3 concepts"):
        PASSES["curve"](planted_gan(), segmenter)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (
            lambda labels: labels.astype(jnp.float32),
            "float32 labels; they are integers",
        ),
        (lambda labels: labels > 1, "bool labels; they are integers"),
        (lambda labels: labels[:, 0, 0], r"labels of shape \(8,\) for 8 images"),
    ],
)
def test_a_curve_refuses_labels_as_collect_does(change, complaint):
    class Wrong:
        concepts = CONCEPTS

        def segment(self, images):
            return change(COLORS.segment(images))

    with pytest.raises(ValueError, match=complaint):
        PASSES["curve"](planted_gan(), Wrong())
