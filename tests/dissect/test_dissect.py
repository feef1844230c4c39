"""Planted units are found and named, and nothing else is; bad input is refused."""

import functools

import jax
import numpy as np
import pytest

from jgan import dissect, stats
from tests.dissect.planted import (
    COLORS,
    DEAD,
    GROUND,
    NUM_UNITS,
    SQUARE,
    Colors,
    planted_gan,
)


def _sample(seed, **options):
    options = {"num_images": 60, "batch_size": 20} | options
    return dissect.Sample(key=jax.random.key(seed), **options)


def _half():
    return {"layer": np.full(NUM_UNITS, 0.5)}


@functools.cache
def _found():
    return dissect.dissect(planted_gan(), _half(), segmenter=COLORS, sample=_sample(0))[
        "layer"
    ]


def test_a_unit_that_is_a_concept_is_found_by_its_name():
    found = _found()
    # Enlarged twice, the edge at half height runs between two pixels: no error at all.
    assert found.iou[SQUARE, 1] >= 0.99
    assert found.iou[GROUND, 0] >= 0.99
    assert found.units_of("square") == [SQUARE]
    assert found.ranking("square")[0] == SQUARE
    assert GROUND in found.units_of("ground")


def test_a_dead_unit_has_no_name():
    found = _found()
    assert not found.named[DEAD]
    assert found.best_ious[DEAD] == 0


def test_a_name_needs_overlap_and_information():
    # IoU of 0.04 and 0.06, both informative; of 1/3, by chance.
    active = np.array([4, 6, 5000])
    shown = np.array([100, 5000])
    both = np.array([[4, 0], [6, 0], [50, 2500]])
    overlap = stats.Overlap(
        np.zeros(3), np.zeros(2, int), both, active[:, None], shown, np.array([10_000])
    )
    found = dissect.LayerDissection(
        layer="layer",
        concepts=("small", "large"),
        overlap=overlap,
        chance=overlap,
        top=stats.zero_top(3, num_images=1),
    )
    assert found.named.tolist() == [False, True, False]
    assert found.chance_rate == 1 / 3


def test_units_of_other_images_are_at_the_level_of_chance():
    found = _found()
    # Rolled over the batch: the right shape, in the wrong image.
    others = found.iou[4:, 1]
    chance = found.chance.iou()[SQUARE, 1]
    assert np.abs(others - chance).max() < 0.1
    assert chance < 0.3 < found.iou[SQUARE, 1]


def test_the_strongest_images_are_remembered():
    top = _found().top
    assert top.peaks.shape == (NUM_UNITS, 12)
    # All equal: the first images.
    assert top.numbers[SQUARE].tolist() == list(range(12))


def test_quantile_thresholds_leave_the_fraction_above(new_key):
    gan = planted_gan()
    found = dissect.quantile_thresholds(
        gan, ["layer"], fraction=0.005, sample=_sample(1)
    )
    # The square covers 9 of 64 cells, so 0.5 % is within it.
    assert found["layer"][SQUARE] == 1.0
    assert found["layer"][DEAD] == 0.0
    wide = dissect.quantile_thresholds(gan, ["layer"], fraction=0.2, sample=_sample(1))
    assert wide["layer"][SQUARE] == 0.0


def test_iqr_thresholds_tell_the_concept_of_each_unit():
    found = dissect.iqr_thresholds(
        planted_gan(), ["layer"], segmenter=COLORS, sample=_sample(2)
    )["layer"]
    assert found.concepts[SQUARE] == 1
    assert found.concepts[GROUND] == 0
    assert 0 < found.thresholds[SQUARE] < 1
    assert found.quality[SQUARE] > 0.9
    assert found.concepts[DEAD] == -1
    assert np.isposinf(found.thresholds[DEAD])


def test_a_shuffled_generator_has_the_same_weights_and_learned_nothing():
    from tests.generators import make_gan

    gan = make_gan("dcgan")
    other = dissect.randomized(gan, key=jax.random.key(0))
    for a, b in zip(
        jax.tree.leaves(gan.params), jax.tree.leaves(other.params), strict=True
    ):
        assert a.shape == b.shape
        np.testing.assert_array_equal(np.sort(a, axis=None), np.sort(b, axis=None))
        assert a.size < 8 or not np.array_equal(a, b)


def test_an_interrupted_pass_goes_on_and_a_finished_one_is_kept(tmp_path):
    shares = []

    def run(**options):
        # 33 batches are two chunks.
        sample = _sample(0, num_images=66, batch_size=2, **options)
        return dissect.dissect(planted_gan(), _half(), segmenter=COLORS, sample=sample)[
            "layer"
        ]

    def interrupt(doing, share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(resume=tmp_path, progress=interrupt)
    options = {
        "resume": tmp_path,
        "progress": lambda doing, share: shares.append(share),
    }
    found = [run(), run(**options), run(**options)]
    # Only the second chunk, once.
    assert shares == [1.0]
    want, *others = (jax.tree.leaves((x.overlap, x.chance, x.top)) for x in found)
    for got in others:
        for a, b in zip(got, want, strict=True):
            np.testing.assert_array_equal(a, b)


def test_an_empty_concept_is_no_units():
    class Three(Colors):
        concepts = ("ground", "square", "unicorn")

    found = dissect.dissect(
        planted_gan(), _half(), segmenter=Three(), sample=_sample(0)
    )["layer"]
    assert found.units_of("unicorn") == []
    assert (found.iou[:, 2] == 0).all()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"thresholds": {"layer9": np.zeros(3)}}, "no layer 'layer9'"),
        ({"thresholds": {"layer": np.zeros(3)}}, "8 units and thresholds of shape"),
        ({"categories": [0]}, "2 concepts have categories"),
        ({"sample": _sample(0, batch_size=1)}, "batch of two or more"),
    ],
)
def test_bad_input_is_refused(change, complaint):
    options = {"segmenter": COLORS, "sample": _sample(0), "thresholds": _half()}
    options |= change
    thresholds = options.pop("thresholds")
    with pytest.raises(ValueError, match=complaint):
        dissect.dissect(planted_gan(), thresholds, **options)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"num_images": 0}, "num_images is 0 and batch_size 4; give at least 1"),
        ({"num_images": -2}, "num_images is -2 and"),
        ({"batch_size": 0}, "num_images is 4 and batch_size 0; give"),
    ],
)
def test_a_sample_is_of_one_image_or_more(change, complaint):
    options = {"num_images": 4, "batch_size": 4, "key": jax.random.key(0)}
    with pytest.raises(ValueError, match=complaint):
        dissect.Sample(**options | change)


def test_no_concepts_are_refused():
    class Nothing(Colors):
        concepts = ()

    with pytest.raises(ValueError, match="no concepts"):
        dissect.dissect(planted_gan(), _half(), segmenter=Nothing(), sample=_sample(0))
    with pytest.raises(ValueError, match="no concepts"):
        dissect.iqr_thresholds(
            planted_gan(), ["layer"], segmenter=Nothing(), sample=_sample(0)
        )


def test_an_unknown_concept_lists_the_concepts():
    with pytest.raises(ValueError, match="'tree'.*ground, square"):
        _found().units_of("tree")


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1])
def test_a_fraction_is_between_0_and_1(fraction):
    with pytest.raises(ValueError, match=f"fraction is {fraction}"):
        dissect.quantile_thresholds(
            planted_gan(), ["layer"], fraction=fraction, sample=_sample(1)
        )
