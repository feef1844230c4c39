"""Training, the folder it writes, and what is refused."""

import json

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from jgan.segment.scenes import fit
from jgan.segment.scenes.augment import MAX_NOISE, augment
from jgan.segment.scenes.factors import FACTOR_NAMES, factor_truth, standardize
from jgan.segment.scenes.fit import losses_of
from jgan.segment.scenes.network import Reading
from jgan.segment.scenes.reader import load, save
from jgan.worlds.scenes import CLASS_NAMES, CONCEPTS

pytestmark = pytest.mark.usefixtures("unoptimized")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    out = tmp_path_factory.mktemp("fit") / "network"
    lines = []
    network = fit(
        out,
        num_steps=3,
        batch_size=2,
        num_test=2,
        key=jax.random.key(0),
        callback=lines.append,
    )
    return network, out, lines


@pytest.mark.slow  # Compiles the whole step.
def test_what_is_written_is_what_is_returned(trained):
    network, out, lines = trained
    chex.assert_trees_all_equal(load(out).params, network.params)
    report = json.loads((out / "network.json").read_text())
    assert report["training"]["log"] == lines
    assert [line["step"] for line in lines] == [0, 2]
    assert report["training"]["num_steps"] == 3
    assert report["figures"]["num_images"] == 2
    assert {path.name for path in out.iterdir()} == {
        "network.json",
        "network.safetensors",
    }


@pytest.mark.slow
def test_the_same_key_trains_the_same_network(trained, tmp_path):
    network, _, _ = trained
    again = fit(
        tmp_path / "again",
        num_steps=3,
        batch_size=2,
        num_test=2,
        key=jax.random.key(0),
    )
    chex.assert_trees_all_equal(again.params, network.params)


@pytest.mark.parametrize("zero", ["num_steps", "batch_size", "num_test"])
def test_no_training_is_refused(tmp_path, zero):
    settings = {"num_steps": 1, "batch_size": 1, "num_test": 1} | {zero: 0}
    with pytest.raises(ValueError, match="take 1 or more"):
        fit(tmp_path / "none", **settings, key=jax.random.key(0))
    assert not list(tmp_path.iterdir())


def _perfect(scenes) -> Reading:
    sure = lambda labels, count: jnp.log(jax.nn.one_hot(labels, count) + 1e-30)
    return Reading(
        sure(scenes.segmentation, len(CONCEPTS)),
        sure(scenes.class_label, len(CLASS_NAMES)),
        standardize(factor_truth(scenes).values),
        jnp.zeros((len(scenes.images), 80)),
    )


def test_a_perfect_reading_has_no_loss(scenes):
    losses = losses_of(_perfect(scenes), scenes)
    np.testing.assert_allclose(losses, 0, atol=1e-6)  # log(1 + 1e-30) and its sum.


def test_what_cannot_be_read_costs_nothing(scenes):
    reading = _perfect(scenes)
    hidden = factor_truth(scenes).weights == 0
    assert hidden.any()
    wrong = reading._replace(factors=jnp.where(hidden, 100.0, reading.factors))
    assert losses_of(wrong, scenes).factors == losses_of(reading, scenes).factors
    shown = reading._replace(factors=jnp.where(hidden, reading.factors, 100.0))
    assert losses_of(shown, scenes).factors > 1


def test_a_wrong_door_costs_more_than_a_wrong_sky(scenes):
    def with_wrong(concept):
        reading = _perfect(scenes)
        at = scenes.segmentation == CONCEPTS.index(concept)
        # The same number of pixels of either.
        first = at & (jnp.cumsum(at.ravel()).reshape(at.shape) <= 20)
        flat = jnp.full((len(CONCEPTS),), -3.0)
        scores = jnp.where(first[..., None], flat, reading.scores)
        return losses_of(reading._replace(scores=scores), scenes).segmentation

    # Doors are weighted 4, sky 1. Float32 sums.
    np.testing.assert_allclose(with_wrong("door"), 4 * with_wrong("sky"), rtol=1e-4)


def test_damage_is_small_and_leaves_images_alone(scenes):
    images = jnp.tile(scenes.images, (8, 1, 1, 1))
    damaged = jax.jit(lambda x: augment(x, key=jax.random.key(1)))(images)
    change = np.abs(np.asarray(damaged - images)).max(axis=(1, 2, 3))
    # Half are spared blur, half noise, so about a quarter of 128 are as they were.
    assert 15 <= (change == 0).sum() <= 55
    # A plain image cannot be blurred: what is left is noise.
    plain = jnp.zeros((64, 64, 64, 3))
    noise = np.asarray(augment(plain, key=jax.random.key(2))).std(axis=(1, 2, 3))
    # A deviation over 12,288 numbers is known to 1 %.
    assert 0.7 * MAX_NOISE < noise.max() <= 1.02 * MAX_NOISE


def test_a_network_of_another_version_is_refused(network, tmp_path):
    folder = tmp_path / "old"
    save(network, folder, training={}, figures={})
    report = json.loads((folder / "network.json").read_text())
    report["factors"] = [*FACTOR_NAMES, "rain"]
    (folder / "network.json").write_text(json.dumps(report))
    with pytest.raises(ValueError, match="rain"):
        load(folder)


def test_weights_of_another_network_are_refused(network, tmp_path):
    folder = tmp_path / "other"
    save(network, folder, training={}, figures={})
    arrays = load_file(folder / "network.safetensors")
    name = sorted(arrays)[0]
    save_file(arrays | {name: arrays[name][..., None]}, folder / "network.safetensors")
    with pytest.raises(ValueError, match=name):
        load(folder)
    save_file(
        {k: v for k, v in arrays.items() if k != name}, folder / "network.safetensors"
    )
    with pytest.raises(ValueError, match="missing"):
        load(folder)


def test_a_folder_without_a_network_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path)
