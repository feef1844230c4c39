"""Training for interpretable units: what moves when, resumption, and what stops it."""

import dataclasses
import functools
import json

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jgan import interpretable, training
from jgan.interpretable import (
    EnergyConfig,
    Originals,
    TrainConfig,
    describe_units,
    energy,
    exclusivity_loss,
    partition_loss,
    partition_units,
    retrained,
    similarity_loss,
    train_step,
)
from jgan.interpretable._descriptors import normalized_maps
from jgan.interpretable._recipe import _Recipe
from jgan.models import discriminators, energy as energy_model
from jgan.training import keys
from jgan.training.losses import hinge_generator
from tests.generators import make_gan

pytestmark = pytest.mark.usefixtures("unoptimized")

_LAYER = "block0"
_CONFIG = TrainConfig(
    layer=_LAYER,
    num_groups=3,
    discriminator=discriminators.Config(units=(8, 8), num_classes=5),
    energy=EnergyConfig(
        network=energy_model.Config(width=4, hidden=8), num_chains=8, num_steps=2
    ),
    warmup=2,
    partition_every=4,
    num_described=16,
    num_components=4,
    batch_size=8,
    generator_rate=1e-3,
)
_GAN = functools.partial(make_gan, "biggan")


def _train(out, *, config=_CONFIG, **options):
    options = {"num_steps": 6, "report_every": 2, "save_every": 2} | options
    return interpretable.train(_GAN(), config, out, **options)


def _lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def _equal(a, b):
    jax.tree.map(np.testing.assert_array_equal, a, b)


def _moved(a, b):
    return any(
        not np.array_equal(x, y)
        for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True)
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a run of six steps, and its state."""
    out = tmp_path_factory.mktemp("run")
    return out, _train(out)


def test_a_resumed_run_ends_as_one_that_was_not_cut(finished, tmp_path):
    out, whole = finished
    # The next step is one that partitions anew.
    _train(tmp_path, num_steps=4)
    _equal(_train(tmp_path, resume=True), whole)
    logged = _lines(out / "metrics.jsonl")
    assert [line["step"] for line in logged] == [2, 4, 6]
    assert logged[0].keys() >= set(interpretable.Metrics._fields)
    measured = _lines(out / "measures.jsonl")
    assert [line["step"] for line in measured] == [2, 4, 6]
    assert all(0 <= line["between"] <= 1 for line in measured)
    assert sum(measured[0]["group_sizes"]) == pytest.approx(1)
    assert len([*(out / "samples").iterdir()]) == 3


def test_the_generator_waits_while_the_others_learn(finished, tmp_path):
    gan = _GAN()
    early = _train(tmp_path, num_steps=2)
    _equal(early.generator, gan.params["params"])
    _equal(early.ema, gan.params["params"])
    recipe = _Recipe(gan, _CONFIG)
    start = recipe.initial_state()
    assert _moved(early.discriminator, start.discriminator)
    assert _moved(early.energy.params, start.energy.params)
    _, late = finished
    assert _moved(late.generator, gan.params["params"])
    _equal(late.original, gan.params)
    made = retrained(gan, late)
    _equal(made.params["batch_stats"], gan.params["batch_stats"])
    _equal(made.params["params"], late.ema)


def test_units_are_partitioned_before_the_first_step_and_every_so_many():
    gan, recipe = _GAN(), _Recipe(_GAN(), _CONFIG)
    state = recipe.refresh(recipe.initial_state(), 1)
    # As a user would, with the same keys.
    describe_key, key = jax.random.split(keys.step_key(0, 0, keys.PARTITION))
    sizes = {"num_images": 16, "batch_size": 8, "num_components": 4}
    described = describe_units(gan, _LAYER, **sizes, key=describe_key)
    want = partition_units(described, num_groups=3, key=key)
    np.testing.assert_array_equal(state.groups.numbers, want.groups)
    np.testing.assert_array_equal(state.groups.shares, want.shares)
    latents = gan.sample_latents(16, key=keys.step_key(0, 0, keys.STANDING))
    seen = np.asarray(gan.forward(gan.params, latents)[1][_LAYER], np.float64)
    np.testing.assert_allclose(state.scale.mean, seen.mean((0, 1, 2)), atol=1e-4)
    np.testing.assert_allclose(state.scale.std, seen.std((0, 1, 2)), rtol=1e-4)
    for step in (2, 3, 4):
        assert recipe.refresh(state, step) is None
    # Numbers are matched with those before, whatever they were.
    order = jnp.array([2, 0, 1])
    numbers = jnp.where(state.groups.numbers < 0, -1, order[state.groups.numbers])
    other = state._replace(groups=state.groups._replace(numbers=numbers))
    again = recipe.refresh(other, 5)
    np.testing.assert_array_equal(again.groups.numbers, numbers)


@pytest.mark.parametrize(
    ("form", "loss"),
    [("exclusivity", exclusivity_loss), ("similarity", similarity_loss)],
)
def test_the_gradient_is_that_of_the_sum_of_losses(form, loss):
    config = dataclasses.replace(
        _CONFIG,
        interpretability=form,
        partition_weight=0.7,
        realism_weight=3.0,
        interpretability_weight=5.0,
    )
    gan, recipe = _GAN(), _Recipe(_GAN(), config)
    before = recipe.refresh(recipe.initial_state(), 1)
    batch = Originals(gan).sample(8, key=jax.random.key(5))
    step = jax.jit(train_step, static_argnames=("config", "moves"))
    after, metrics = step(gan, before, batch, config, moves=True)
    latents = gan.sample_latents(8, key=keys.step_key(0, 0, keys.LATENTS))

    @jax.jit
    @jax.grad
    def gradient(trained):
        images, taps = gan.forward({**gan.params, "params": trained}, latents)
        scores = discriminators.Discriminator(config.discriminator).apply(
            {"params": after.discriminator, "spectral_norm": after.spectral_norm},
            images,
            latents.class_label,
        )
        maps = normalized_maps(taps[_LAYER])
        standard = before.scale.standardize(taps[_LAYER])
        energies = energy(config.energy, after.energy.average, standard)
        return (
            hinge_generator(scores)
            + 0.7 * partition_loss(maps, before.groups, num_components=4)
            + 3.0 * energies.mean() / standard[0].size
            + 5.0 * loss(maps, before.groups)
        )

    want = optax.tree.norm(gradient(before.generator))
    # The spectral norm's directions move on by one call; sums of float32 otherwise.
    np.testing.assert_allclose(metrics.generator_gradient, want, rtol=1e-3)


@pytest.mark.parametrize(
    ("kind", "layer", "units"),
    [("dcgan", "layer2", (8, 8)), ("stylegan2", "b8.conv1", (8, 8))],
)
def test_generators_of_other_families_learn_too(kind, layer, units, tmp_path):
    gan = make_gan(kind)
    config = dataclasses.replace(
        _CONFIG,
        layer=layer,
        warmup=0,
        discriminator=discriminators.Config(units=units),
    )
    options = {"num_steps": 1, "report_every": 1, "save_every": 1}
    state = interpretable.train(gan, config, tmp_path, **options)
    assert _moved(state.generator, gan.params["params"])


def test_without_data_the_originals_are_real():
    gan = _GAN()
    world = Originals(gan)
    batch = world.sample(3, key=jax.random.key(2))
    latents = gan.sample_latents(3, key=jax.random.key(2))
    np.testing.assert_array_equal(batch.class_label, latents.class_label)
    want, _ = gan.forward(gan.params, latents)
    np.testing.assert_allclose(batch.images, want, atol=2e-5)
    assert world.class_names == gan.class_names


def test_an_energy_that_is_no_number_stops_the_run_and_is_named(finished, tmp_path):
    wild = dataclasses.replace(_CONFIG.energy, learning_rate=1e30)
    config = dataclasses.replace(_CONFIG, energy=wild)
    with pytest.raises(training.DivergedError, match="not finite are .*energy_chains"):
        _train(tmp_path, config=config)


def test_a_partition_without_numbers_stops_the_run_and_is_named(tmp_path):
    gan = _GAN()
    poisoned = jax.tree.map(lambda leaf: leaf.at[...].set(jnp.nan), gan.params)
    gan = dataclasses.replace(gan, params=poisoned)
    with pytest.raises(ValueError, match="'block0' is not finite in batch 0"):
        interpretable.train(gan, _CONFIG, tmp_path, num_steps=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layer": "block9"}, "no layer 'block9'"),
        ({"interpretability": "other"}, "'other'; give one of 'exclusivity'"),
        ({"partition_weight": -1.0}, "-1.0"),
        ({"num_groups": 1}, "num_groups is 1; give at least 2"),
        ({"partition_every": 0}, r"\(0, 16, 4\)"),
        ({"warmup": -1}, "warmup -1"),
        ({"generator_rate": 0.0}, "rates 0.0"),
        ({"ema_decay": 1.0}, "1.0"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(change, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        _train(tmp_path, config=dataclasses.replace(_CONFIG, **change))
