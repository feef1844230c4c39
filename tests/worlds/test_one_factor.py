"""One factor moves, and exactly what it stands for changes in the picture."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.worlds.scenes import CLASS_NAMES, Factors, draw_factors, render
from tests.worlds import reference
from tests.worlds.scene import draw, grown, label, moved, plain, shown

_HOUSE = ("house", "roof", "door", "window")
# What each factor may change. Behind a tree or a house, either may come to light.
_CHANGES = {
    **dict.fromkeys(("sun", "sun_x", "sun_y", "sun_size"), ("sun",)),
    **dict.fromkeys(("cloud_count", "cloud_x", "cloud_y", "cloud_size"), ("cloud",)),
    **dict.fromkeys(("mountain", "mountain_height", "mountain_x"), ("mountain",)),
    "water": ("water", "mountain"),
    "house": _HOUSE,
    "house_x": _HOUSE,
    "house_size": _HOUSE,
    "house_base": (*_HOUSE, "tree"),
    **dict.fromkeys(("tree_count", "tree_x", "tree_base", "tree_size"), ("tree",)),
    "horizon": ("sky", "ground", "water", "mountain"),
}
# They move nothing.
_PAINTS = {
    "sky_color": ("sky",),
    "ground_color": ("ground",),
    "house_color": ("house",),
    "roof_color": ("roof",),
    "brightness": ("sky", "ground", "water", "mountain", "cloud", "tree", *_HOUSE),
}
# Two scenes of every class.
_CLASSES = np.repeat(np.arange(len(CLASS_NAMES)), 2)


def test_every_factor_is_tested():
    assert {*_CHANGES, *_PAINTS, "class_label"} == {*Factors._fields}


def _differ(before, after):
    # One step of float32 between colors of one is 1.2e-7; this is a few.
    return np.abs(after - before).max(-1) > 1e-6


@jax.jit
def _render_all(factors):
    return jax.vmap(lambda one: render(one))(factors)


def _nth(scenes, i):
    return jax.tree.map(lambda field: field[i], scenes)


@pytest.fixture(scope="module")
def scenes():
    keys = jax.random.split(jax.random.key(7), len(_CLASSES))
    drawn = jax.jit(jax.vmap(lambda c, k: draw_factors(c, key=k)))
    return drawn(jnp.asarray(_CLASSES), keys)


@pytest.fixture(scope="module")
def pictures(scenes):
    return [np.asarray(part) for part in _render_all(scenes)]


@pytest.mark.parametrize("name", _CHANGES)
def test_in_any_scene_only_its_objects_change(name, scenes, pictures):
    # Each scene gets the factor of the scene after the next, of another class.
    there = jnp.roll(getattr(scenes, name), -2, axis=0)
    changed = scenes._replace(**{name: there})
    images, labels = [np.asarray(part) for part in _render_all(changed)]
    seen = 0
    for i in range(len(_CLASSES)):
        before, after = _nth(scenes, i), _nth(changed, i)
        old, new = pictures[1][i], labels[i]
        own = shown(old, *_CHANGES[name]) | shown(new, *_CHANGES[name])
        assert not ((old != new) & ~own).any()
        repainted = _differ(pictures[0][i], images[i])
        near = [reference.may_show(one, _CHANGES[name]) for one in (before, after)]
        assert not (repainted & ~near[0] & ~near[1]).any()
        seen += repainted.any()
    assert seen >= 2


@pytest.mark.parametrize("name", _PAINTS)
def test_a_color_changes_its_objects_and_no_label(name):
    (before, labels), (after, same) = draw(plain()), draw(moved(name, -0.1))
    np.testing.assert_array_equal(labels, same)
    changed, own = _differ(before, after), shown(labels, *_PAINTS[name])
    assert changed[own].all()
    assert not (changed & ~reference.may_show(plain(), _PAINTS[name])).any()


def test_each_channel_of_a_color_is_its_own():
    before, _ = draw(plain())
    after, labels = draw(moved("house_color", 0.05, index=1))
    assert _differ(before, after)[shown(labels, "house")].all()
    np.testing.assert_array_equal(before[..., [0, 2]], after[..., [0, 2]])


_ABSENT = {
    "sun": (False, ("sun_x", "sun_y", "sun_size")),
    "cloud_count": (0, ("cloud_x", "cloud_y", "cloud_size")),
    "mountain": (False, ("mountain_x", "mountain_height")),
    "house": (
        False,
        ("house_x", "house_base", "house_size", "house_color", "roof_color"),
    ),
    "tree_count": (0, ("tree_x", "tree_base", "tree_size")),
}


@pytest.mark.parametrize(
    ("absent", "name"),
    [(a, name) for a, (_, names) in _ABSENT.items() for name in names],
)
def test_what_is_absent_changes_nothing(absent, name, scenes):
    gone = jnp.full(_CLASSES.shape, _ABSENT[absent][0])
    without = scenes._replace(**{absent: gone.astype(getattr(scenes, absent).dtype)})
    if absent == "house":
        # Trees in each other's way, whose order a house must not decide.
        crowd = jnp.array([0.4, 0.45, 0.5, 0.55, 0.6])
        rows = (len(_CLASSES), 1)
        crowd, many = jnp.tile(crowd, rows), jnp.full(_CLASSES.shape, 5, jnp.int32)
        without = without._replace(tree_x=crowd, tree_count=many)
    there = jnp.roll(getattr(scenes, name), -2, axis=0)
    before, after = _render_all(without), _render_all(without._replace(**{name: there}))
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("name", "index"),
    [(f"cloud_{n}", 2) for n in ("x", "y", "size")]
    + [(f"tree_{n}", i) for n in ("x", "base", "size") for i in (2, 3, 4)],
)
def test_beyond_the_count_nothing_is_drawn(name, index):
    for before, after in zip(
        draw(plain()), draw(moved(name, 0.05, index)), strict=True
    ):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize(
    ("name", "concept", "most"), [("cloud", "cloud", 3), ("tree", "tree", 5)]
)
def test_every_one_more_adds_its_own_pixels(name, concept, most):
    drawn = [draw(plain(**{f"{name}_count": n})) for n in range(most + 1)]
    assert not shown(drawn[0][1], concept).any()
    for (before, old), (after, new) in zip(drawn, drawn[1:], strict=False):
        added = shown(new, concept) & ~shown(old, concept)
        assert added.any()
        np.testing.assert_array_equal(old != new, added)
        assert not (_differ(before, after) & ~grown(shown(new, concept))).any()


_MOVES = [
    ("sun_x", ("sun",), 8),
    ("sun_y", ("sun",), -3),
    ("cloud_x", ("cloud",), -6),
    ("cloud_y", ("cloud",), 2),
    ("mountain_x", ("mountain",), 3),
    ("house_x", _HOUSE, 2),
    ("house_base", _HOUSE, 2),
    ("tree_x", ("tree",), 2),
    ("tree_base", ("tree",), 5),
]


@pytest.mark.parametrize(("name", "concepts", "pixels"), _MOVES)
def test_an_object_moves_whole_by_what_its_factor_says(name, concepts, pixels):
    across = name.endswith("_x")
    row = np.ndim(getattr(plain(), name)) > 0
    alone = {f"{concepts[0]}_count": 1} if row and concepts[0] != "mountain" else {}
    (before, old) = draw(plain(**alone))
    (after, new) = draw(moved(name, pixels / 64)._replace(**_scalars(alone)))
    concepts = np.isin(np.arange(11), label(*concepts))
    if concepts[3]:
        # The second peak stays.
        old, new = old[:, :34], new[:, :34]
        before, after = before[:, :34], after[:, :34]
    there = np.roll(np.where(concepts[old], old, -1), pixels, axis=int(across))
    np.testing.assert_array_equal(np.where(concepts[new], new, -1), there)
    if across:
        # Its antialiased edge moves too: what is behind is the same along a row. The
        # positions are float32, 6e-8 each, times 64 pixels.
        own = grown(concepts[old])
        rolled = np.roll(after, -pixels, axis=1)
        np.testing.assert_allclose(rolled[own], before[own], atol=1e-4)


def _scalars(values):
    return {name: jnp.int32(value) for name, value in values.items()}
