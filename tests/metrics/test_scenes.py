"""The figures of generators whose quality is known: the renderer, gray, one image."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.metrics import scenes_figures
from jgan.segment import scenes_network
from jgan.worlds.scenes import CLASS_NAMES, CONCEPTS, sample_scenes

pytestmark = pytest.mark.usefixtures("unoptimized")

_NUM = 400


def _figures(generate, *, num_images=_NUM, batch_size=100, seed=0):
    return scenes_figures(
        generate,
        scenes_network(),
        num_images=num_images,
        batch_size=batch_size,
        key=jax.random.key(seed),
    )


def _render(labels, key):
    return sample_scenes(len(labels), class_label=labels, key=key).images


@functools.cache
def _rendered():
    return _figures(_render)


def test_the_renderer_reaches_the_ceilings():
    found = _rendered()
    assert found.num_images == _NUM
    # The shipped network errs on fewer than one scene of a hundred.
    assert found.class_accuracy > 0.99
    # Precision and recall are shares p of 400, but images share neighbors: a standard
    # error of about 2 sqrt(p (1 - p) / 400), 0.05 at 0.5; twice that for a difference.
    assert abs(found.precision - found.precision_ceiling) < 0.1
    assert abs(found.recall - found.recall_ceiling) < 0.1
    assert min(found.precision_ceiling, found.recall_ceiling) > 0.5
    # Both are of two sets of one distribution.
    assert found.frechet_distance < 2 * found.frechet_floor
    # Objects cover some scenes and not others: of the rarest common concept, with one
    # scene of ten, 40 of 400 show it, and two such counts differ by sqrt(2 / 40): 0.22.
    assert found.concept_frequency_error < 0.3


def test_frequencies_are_those_of_the_renderers_labels():
    found = _rendered()
    assert [*found.true_frequency] == [*found.concept_frequency] == [*CONCEPTS]
    for frequency in (found.true_frequency, found.concept_frequency):
        # Counts by their own sum, in float64.
        assert abs(sum(frequency.values()) - 1) < 1e-12
    # The key of the first rendered set, as the function splits it.
    key = jax.random.split(jax.random.key(0), 3)[1]
    counts = np.zeros(len(CONCEPTS), np.int64)
    for start in range(0, _NUM, 100):
        labels = (start + jnp.arange(100)) % len(CLASS_NAMES)
        scenes = sample_scenes(
            100, class_label=labels, key=jax.random.fold_in(key, start)
        )
        counts += np.bincount(np.ravel(scenes.segmentation), minlength=len(CONCEPTS))
    np.testing.assert_array_equal(
        list(found.true_frequency.values()), counts / counts.sum()
    )
    true, made = found.true_frequency, found.concept_frequency
    errors = [abs(made[c] - true[c]) / true[c] for c in CONCEPTS if true[c] >= 0.01]
    assert found.concept_frequency_error == max(errors)


def test_gray_images_are_neither_right_nor_near():
    found = _figures(lambda labels, key: jnp.zeros((len(labels), 64, 64, 3)))
    # They are all read as one class, which 50 of the 400 were asked for.
    assert found.class_accuracy == 1 / 8
    assert found.precision == 0
    assert found.recall == 0
    # What is read is one or two concepts of all.
    assert found.concept_frequency_error > 0.9
    # Of the rendered sets alone, which this key shares.
    assert found.precision_ceiling == _rendered().precision_ceiling
    assert found.recall_ceiling == _rendered().recall_ceiling
    assert found.frechet_floor == _rendered().frechet_floor
    assert found.frechet_distance > 10 * found.frechet_floor


def test_one_image_for_each_class_is_precise_without_variety():
    ones = sample_scenes(8, class_label=jnp.arange(8), key=jax.random.key(5)).images
    found = _figures(lambda labels, key: ones[labels])
    # Each of the eight is a rendered scene.
    assert found.class_accuracy == 1
    assert found.precision >= found.precision_ceiling - 0.4
    # More than three are the same, so each radius is 0 and covers nothing else.
    assert found.recall == 0
    assert found.frechet_distance > _rendered().frechet_distance


def test_figures_of_one_key_are_the_same():
    once, again = (_figures(_render, num_images=100) for _ in range(2))
    assert again == once


def test_a_concept_that_no_scene_shows_has_no_error():
    # Four scenes, the fewest that k = 3 takes; with this seed none has a mountain.
    found = _figures(_render, num_images=4, batch_size=4, seed=7)
    assert min(found.true_frequency.values()) == 0
    assert np.isfinite(found.concept_frequency_error)


@pytest.mark.parametrize(
    ("num_images", "batch_size"), [(0, 10), (-10, 10), (15, 10), (10, 0), (5, 10)]
)
def test_sizes_that_do_not_fit_are_refused(num_images, batch_size):
    with pytest.raises(ValueError, match=f"num_images is {num_images}; .*{batch_size}"):
        _figures(_render, num_images=num_images, batch_size=batch_size)
