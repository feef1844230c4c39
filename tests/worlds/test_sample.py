"""Scenes drawn at random: the same for the same key, and as their class allows."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.worlds import Batch, ScenesWorld, World
from jgan.worlds.scenes import CLASS_NAMES, CONCEPTS, draw_factors, sample_scenes
from jgan.worlds.scenes.classes import LOOKS
from jgan.worlds.scenes.sample import _sample
from tests.helpers import unchecked
from tests.worlds.conftest import EACH, draw_each
from tests.worlds.scene import draw

_NUM_CLASSES = len(CLASS_NAMES)


def _assert_same(one, other):
    # The bits drawn are the same. In another program XLA may fuse differently: a few
    # steps of float32.
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def _draw(key, **given):
    # Few shapes, and so few programs: to compile one takes seconds.
    return sample_scenes(8, resolution=8, key=key, **given)


def test_the_same_key_draws_the_same_scenes_and_another_others(new_key):
    key = new_key()
    one, again = _draw(key), _draw(key)
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(again), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.isin(one.factors.horizon, _draw(new_key()).factors.horizon).any()


def test_the_first_scenes_of_a_larger_batch_are_the_same(new_key):
    key = new_key()
    few, many = sample_scenes(3, resolution=8, key=key), _draw(key)
    _assert_same(few, jax.tree.map(lambda leaf: leaf[:3], many))
    np.testing.assert_array_equal(few.segmentation, many.segmentation[:3])


def test_a_scene_is_drawn_from_its_index_alone():
    many = draw_each(64)
    _, key = jax.random.split(jax.random.fold_in(jax.random.key(0), 13))
    alone = jax.jit(lambda label: draw_factors(label, key=key))(many.class_label[13])
    _assert_same(alone, jax.tree.map(lambda leaf: leaf[13], many.factors))
    image, labels = draw(alone)
    np.testing.assert_allclose(2 * image - 1, many.images[13], atol=2e-6)
    np.testing.assert_array_equal(labels, many.segmentation[13])


def test_a_given_class_is_drawn(scenes):
    want = np.repeat(np.arange(_NUM_CLASSES), EACH)
    np.testing.assert_array_equal(scenes.class_label, want)
    np.testing.assert_array_equal(scenes.factors.class_label, want)


@pytest.mark.parametrize("label", [5, np.int32(5), jnp.int32(5)])
def test_one_class_serves_for_all(label, new_key):
    got = _draw(new_key(), class_label=label)
    np.testing.assert_array_equal(got.class_label, [5] * 8)


def test_a_warm_call_does_not_trace_again(new_key):
    _draw(new_key(), class_label=0)
    programs = _sample._cache_size()
    _draw(new_key(), class_label=jnp.arange(8))
    assert _sample._cache_size() == programs


def test_it_can_be_jitted_and_mapped(new_key):
    keys, labels = jax.random.split(new_key(), 2), jnp.arange(16).reshape(2, 8) % 8
    mapped = jax.jit(jax.vmap(lambda label, key: _draw(key, class_label=label)))
    got = mapped(labels, keys)
    _assert_same(
        jax.tree.map(lambda leaf: leaf[1], got), _draw(keys[1], class_label=labels[1])
    )


@pytest.fixture(scope="module")
def drawn():
    """Factors of 4096 scenes. XLA drops what makes pixels of them."""
    return jax.jit(lambda: sample_scenes(4096, key=jax.random.key(0)).factors)()


def test_classes_are_drawn_evenly(drawn):
    counts = np.bincount(drawn.class_label, minlength=_NUM_CLASSES)
    # Five standard deviations of a count of 512: sqrt(4096 / 8 * 7 / 8) is 21.
    assert len(counts) == _NUM_CLASSES
    assert (abs(counts - 512) < 106).all()


@pytest.mark.parametrize("name", CLASS_NAMES)
def test_factors_are_in_the_ranges_of_their_class(name, drawn):
    ours = np.asarray(drawn.class_label) == CLASS_NAMES.index(name)
    f = jax.tree.map(lambda leaf: np.asarray(leaf)[ours], drawn)
    look = LOOKS[name]
    for field in ("horizon", "brightness", "mountain_height"):
        _assert_fills(getattr(f, field), *getattr(look, field))
    _assert_fills(f.sky_color, *look.sky)
    _assert_fills(f.ground_color, *look.ground)
    _assert_fills(f.sun_x, 0.1, 0.9)
    _assert_fills(f.house_x, 0.2, 0.8)
    _assert_fills(f.tree_x, 0.05, 0.95)
    for counts, ends in ((f.cloud_count, look.clouds), (f.tree_count, look.trees)):
        np.testing.assert_array_equal(
            np.unique(counts), np.arange(ends[0], ends[1] + 1)
        )
    # Five standard deviations of a share of at least 400 scenes.
    for present, chance in (
        (f.sun, look.sun),
        (f.house, look.house),
        (f.mountain, look.mountain),
        (f.water > 0, look.water),
    ):
        spread = 5 * np.sqrt(chance * (1 - chance) / 400)
        assert abs(present.mean() - chance) <= spread
    if look.water:
        _assert_fills(f.water[f.water > 0], 0.06, 0.14)


def _assert_fills(values, low, high):
    """Values lie between the ends and come within a tenth of both."""
    low, high = np.float32(low), np.float32(high)
    slack = 1e-6
    assert (values >= low - slack).all()
    assert (values <= high + slack).all()
    near = 0.1 * (high - low) + slack
    assert (values.min(0) <= low + near).all()
    assert (values.max(0) >= high - near).all()


def test_factors_are_drawn_apart_from_each_other(drawn):
    names = ("sun_x", "sun_y", "sun_size", "house_x", "house_size")
    fields = [getattr(drawn, name) for name in names]
    fields += [drawn.cloud_x[:, 0], drawn.cloud_x[:, 1], drawn.tree_x[:, 4]]
    apart = np.corrcoef(np.asarray(fields)) - np.eye(len(fields))
    # Five standard deviations of a correlation of 4096 independent pairs.
    assert np.abs(apart).max() < 5 / np.sqrt(4096)


def test_objects_stand_where_they_belong(drawn):
    f = jax.tree.map(np.asarray, drawn)
    assert (f.house_base > f.horizon).all()
    assert (f.tree_base > f.horizon[:, None]).all()
    assert (f.tree_base < 1).all()
    assert (f.house_base < 1).all()
    assert (f.mountain_height + f.water < f.horizon).all()


def test_scenes_are_the_same_at_any_resolution():
    small, large = draw_each(32), draw_each(64)
    _assert_same(small.factors, large.factors)
    pooled = np.asarray(large.images).reshape(-1, 32, 2, 32, 2, 3).mean((2, 4))
    difference = np.abs(pooled - np.asarray(small.images)) / 2
    # They differ where edges meet within a pixel: twice what was measured on average,
    # and at worst a little more than the 1/4 of a corner.
    assert difference.mean() < 0.002
    assert difference.max() < 0.3
    # The label of a small pixel is among those of the four it holds, but for parts
    # thinner than a pixel.
    blocks = np.asarray(large.segmentation).reshape(-1, 32, 2, 32, 2)
    blocks = blocks.transpose(0, 1, 3, 2, 4).reshape(-1, 32, 32, 4)
    among = (blocks == np.asarray(small.segmentation)[..., None]).any(-1)
    assert among.mean() > 0.999


@pytest.mark.parametrize("num_images", [0, -3])
def test_no_images_are_refused(num_images, new_key):
    with pytest.raises(ValueError, match=f"num_images is {num_images}; it takes at"):
        sample_scenes(num_images, key=new_key())
    with pytest.raises(ValueError, match=f"num_images is {num_images}; it takes at"):
        ScenesWorld().sample(num_images, key=new_key())


def test_too_few_pixels_are_refused(new_key):
    with pytest.raises(ValueError, match="resolution is 4; scenes take 8"):
        sample_scenes(2, resolution=4, key=new_key())


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ([0, 8, -1], r"There is no class \[-1, 8\]. The classes are 0 village, 1 fore"),
        ([0, 1], r"class_label has shape \(2,\); give one label, or one for each of"),
        ([[0, 1, 2]], r"class_label has shape \(1, 3\)"),
        ([0.0, 1.0, 2.0], "class_label must be integers, not float"),
        (8, r"There is no class \[8\]"),
    ],
)
def test_bad_classes_are_refused(label, message, new_key):
    with pytest.raises(ValueError, match=message):
        unchecked(sample_scenes)(3, class_label=np.asarray(label), key=new_key())


def test_the_scenes_world_is_a_world_of_scenes(new_key):
    world, key = ScenesWorld(resolution=8), new_key()
    assert isinstance(world, World)
    assert (world.resolution, world.class_names) == (8, CLASS_NAMES)
    batch, want = world.sample(8, key=key), _draw(key)
    assert isinstance(batch, Batch)
    np.testing.assert_array_equal(batch.images, want.images)
    np.testing.assert_array_equal(batch.class_label, want.class_label)


def test_names_are_those_of_the_design():
    assert len(CONCEPTS) == 11
    assert len(CLASS_NAMES) == 8
    assert tuple(LOOKS) == CLASS_NAMES
