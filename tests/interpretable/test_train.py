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
    Originals,
    describe_units,
    energy,
    exclusivity_loss,
    learned,
    locality_loss,
    partition_loss,
    partition_units,
    rest_of,
    retrained,
    similarity_loss,
    train_step,
)
from jgan.interpretable._descriptors import normalized_maps
from jgan.interpretable._recipe import _Recipe
from jgan.models import discriminators
from jgan.taps import blend
from jgan.training import keys
from jgan.training.losses import hinge_generator
from tests.generators import make_gan
from tests.interpretable.tiny import CONFIG, LAYER

pytestmark = pytest.mark.usefixtures("unoptimized")

_GAN = functools.partial(make_gan, "biggan")


def _train(out, *, config=CONFIG, **options):
    options = {"num_steps": 8, "report_every": 2, "save_every": 2} | options
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


class _Others(Originals):
    """Other real images."""


def _recipe(config=CONFIG):
    return _Recipe(_GAN(), config, "Originals")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a run of eight steps, and its state."""
    out = tmp_path_factory.mktemp("run")
    return out, _train(out)


# At the end of the warmup, on the way, and where the next step partitions anew.
@pytest.mark.parametrize("cut", [2, 4, 6])
def test_a_resumed_run_ends_as_one_that_was_not_cut(finished, tmp_path, cut):
    out, whole = finished
    _train(tmp_path, num_steps=cut)
    _equal(_train(tmp_path, resume=True), whole)
    logged = _lines(out / "metrics.jsonl")
    assert [line["step"] for line in logged] == [2, 4, 6, 8]
    assert logged[0].keys() >= set(interpretable.Metrics._fields)
    measured = _lines(out / "measures.jsonl")
    assert [line["step"] for line in measured] == [2, 4, 6, 8]
    assert all(0 <= line["between"] <= 1 for line in measured)
    assert sum(measured[0]["group_sizes"]) == pytest.approx(1)
    assert len([*(out / "samples").iterdir()]) == 4


def test_the_generator_waits_while_the_others_learn(finished, tmp_path):
    gan = _GAN()
    early = _train(tmp_path, num_steps=2)
    _equal(early.generator, gan.params["params"])
    _equal(early.ema, gan.params["params"])
    recipe = _recipe()
    start = recipe.refresh(recipe.initial_state(), 1)
    _equal(start.original, gan.params)
    assert _moved(early.discriminator, start.discriminator)
    assert _moved(early.energy.params, start.energy.params)
    _, late = finished
    assert _moved(late.generator, gan.params["params"])
    _equal(late.original, gan.params)
    made = retrained(gan, late)
    _equal(made.params["batch_stats"], gan.params["batch_stats"])
    _equal(made.params["params"], late.ema)


def test_the_average_is_short_after_few_steps():
    gan, recipe = _GAN(), _recipe()
    state = recipe.refresh(recipe.initial_state(), 1)
    step = jax.jit(train_step, static_argnames=("config", "moves"))
    for number in range(4):
        batch = Originals(gan).sample(8, key=jax.random.key(number))
        moves = number >= CONFIG.warmup
        before, state = state, step(gan, state, batch, CONFIG, moves=moves)[0]
        done = number - CONFIG.warmup
        kept = (1 + done) / (10 + done) if moves else 1.0
        for old, new, now in zip(
            *map(jax.tree.leaves, (before.ema, state.ema, state.generator)),
            strict=True,
        ):
            want = kept * np.asarray(old) + (1 - kept) * np.asarray(now)
            np.testing.assert_allclose(new, want, rtol=1e-5, atol=1e-6)


def test_what_is_learned_is_of_the_generator_that_is_kept(finished):
    _, state = finished
    got = learned(_GAN(), CONFIG, state)
    _equal(got.params, state.energy.average)
    assert _moved(got.params, state.energy.params)
    _equal(got.scale, state.scale)
    assert got.energy == CONFIG.energy
    # Of the units of the averaged generator, as they are at rest there.
    kept = describe_units(
        retrained(_GAN(), state),
        LAYER,
        num_images=CONFIG.num_described,
        batch_size=CONFIG.batch_size,
        key=jax.random.split(keys.step_key(0, 0, keys.PARTITION))[0],
    )
    np.testing.assert_array_equal(got.partition.rest, kept.rest)
    # Groups keep their numbers: most units are where they were.
    numbers = np.asarray(state.groups.numbers)
    assert (got.partition.groups == numbers).mean() > 0.5


def test_units_are_partitioned_before_the_first_step_and_every_so_many():
    gan, recipe = _GAN(), _recipe()
    state = recipe.refresh(recipe.initial_state(), 1)
    # As a user would, with the same keys.
    describe_key, key = jax.random.split(keys.step_key(0, 0, keys.PARTITION))
    sizes = {"num_images": 16, "batch_size": 8, "num_components": 4}
    described = describe_units(gan, LAYER, **sizes, key=describe_key)
    want = partition_units(described, num_groups=3, key=key)
    np.testing.assert_array_equal(state.groups.numbers, want.groups)
    np.testing.assert_array_equal(state.groups.shares, want.shares)
    latents = gan.sample_latents(16, key=keys.step_key(0, 0, keys.STANDING))
    seen = np.asarray(gan.forward(gan.params, latents)[1][LAYER], np.float64)
    np.testing.assert_allclose(state.scale.mean, seen.mean((0, 1, 2)), atol=1e-4)
    np.testing.assert_allclose(state.scale.std, seen.std((0, 1, 2)), rtol=1e-4)
    for step in (2, 3, 4, 5, 6):
        assert recipe.refresh(state, step) is None
    # Numbers are matched with those before, whatever they were.
    order = jnp.array([2, 0, 1])
    numbers = jnp.where(state.groups.numbers < 0, -1, order[state.groups.numbers])
    other = state._replace(groups=state.groups._replace(numbers=numbers))
    wide = 3 * other.groups.variances
    other = other._replace(groups=other.groups._replace(variances=wide))
    again = recipe.refresh(other, 7)
    np.testing.assert_array_equal(again.groups.numbers, numbers)
    np.testing.assert_array_equal(again.groups.variances, wide)


@pytest.mark.parametrize(
    ("form", "loss"),
    [("exclusivity", exclusivity_loss), ("similarity", similarity_loss)],
)
def test_the_gradient_is_that_of_the_sum_of_losses(form, loss):
    config = dataclasses.replace(
        CONFIG,
        interpretability=form,
        # So that each loss has a good part in the gradient.
        partition_weight=200.0,
        realism_weight=5.0,
        interpretability_weight=300.0,
        adversarial_weight=0.5,
        locality_weight=20.0,
        fidelity_weight=100.0,
    )
    gan, recipe = _GAN(), _recipe(config)
    before = recipe.refresh(recipe.initial_state(), 1)
    # The group that is swapped is the one whose turn it is.
    before = before._replace(step=jnp.int32(4))
    # Energy is lost only where it is more than usual: activations are off here. With
    # all parameters half as large again, the last bit of one tells in the gradient.
    block = {
        name: jax.tree.map(lambda x: 1.5 * x, part) if "conv" in name else part
        for name, part in before.generator["block0"].items()
    }
    before = before._replace(generator={**before.generator, "block0": block})
    batch = Originals(gan).sample(8, key=jax.random.key(5))
    step = jax.jit(train_step, static_argnames=("config", "moves"))
    after, metrics = step(gan, before, batch, config, moves=True)
    latents = gan.sample_latents(8, key=keys.step_key(0, 4, keys.LATENTS))
    turn = np.asarray(before.groups.numbers) == 1
    assert turn.any()

    @jax.jit
    @jax.grad
    def gradient(trained):
        params = {**gan.params, "params": trained}
        images, taps = gan.forward(params, latents)
        others = jax.tree.map(lambda x: jnp.roll(x, 1, axis=0), latents)
        edit = blend(turn[None, None, None], gan.forward(params, others)[1][LAYER])
        swapped = gan.forward(params, latents, {LAYER: edit})[0]
        scores = discriminators.Discriminator(config.discriminator).apply(
            {"params": after.discriminator, "spectral_norm": after.spectral_norm},
            images,
            latents.class_label,
        )
        maps = normalized_maps(taps[LAYER], rest_of(taps[LAYER]))
        standard = before.scale.standardize(taps[LAYER])
        energies = energy(config.energy, after.energy.average, standard)
        center = maps[..., turn].mean(axis=-1)
        center = center / center.max(axis=(1, 2), keepdims=True)
        there = jax.image.resize(center, images.shape[:3], "bilinear") > 0.5
        there = there | jnp.roll(there, 1, axis=0)
        unlike = jnp.square(images - gan.forward(gan.params, latents)[0]).mean()
        return (
            0.5 * hinge_generator(scores)
            + 100.0 * unlike
            + 200.0 * partition_loss(maps, before.groups)
            + 5.0 * energies.mean() / standard[0].size
            + 300.0 * loss(maps, before.groups)
            + 20.0 * locality_loss(images, swapped, there)
        )

    assert metrics.realism > 0
    assert metrics.fidelity > 1e-5
    assert metrics.locality > 0.1
    want = gradient(before.generator)
    np.testing.assert_allclose(
        metrics.generator_gradient, optax.tree.norm(want), rtol=1e-3
    )
    # Without a mean gradient, Adam's first step is the rate to either side.
    for old, new, slope in zip(
        *map(jax.tree.leaves, (before.generator, after.generator, want)), strict=True
    ):
        clear = np.abs(slope) > 1e-2 * np.abs(slope).max()
        moved = np.sign(np.asarray(new) - np.asarray(old))
        np.testing.assert_array_equal(moved[clear], -np.sign(slope)[clear])


def test_energy_is_lost_only_where_it_is_more_than_usual():
    gan = _GAN()
    config = dataclasses.replace(CONFIG, realism_weight=1e6)
    recipe = _recipe(config)
    before = recipe.refresh(recipe.initial_state(), 1)
    batch = Originals(gan).sample(8, key=jax.random.key(5))
    step = jax.jit(train_step, static_argnames=("config", "moves"))
    # A generator with less energy than it had: nothing to gain there.
    flat = jax.tree.map(lambda x: 0.1 * x, before.generator)
    gradients = []
    for weight in (1e6, 0.0):
        one = dataclasses.replace(config, realism_weight=weight)
        state = before._replace(generator=flat)
        _, metrics = step(gan, state, batch, one, moves=True)
        gradients.append(float(metrics.generator_gradient))
    assert metrics.realism < 0
    assert gradients[0] == gradients[1]


@pytest.mark.parametrize(
    ("kind", "layer", "units"),
    [("dcgan", "layer2", (8, 8)), ("stylegan2", "b8.conv1", (8, 8))],
)
def test_generators_of_other_families_learn_too(kind, layer, units, tmp_path):
    gan = make_gan(kind)
    config = dataclasses.replace(
        CONFIG,
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
    wild = dataclasses.replace(CONFIG.energy, learning_rate=1e30)
    config = dataclasses.replace(CONFIG, energy=wild)
    with pytest.raises(training.DivergedError, match="not finite are .*energy_chains"):
        _train(tmp_path, config=config)


def test_a_partition_without_numbers_stops_the_run_and_is_named(tmp_path):
    gan = _GAN()
    poisoned = jax.tree.map(lambda leaf: leaf.at[...].set(jnp.nan), gan.params)
    gan = dataclasses.replace(gan, params=poisoned)
    with pytest.raises(ValueError, match="'block0' is not finite in batch 0"):
        interpretable.train(gan, CONFIG, tmp_path, num_steps=1)


def test_a_partition_that_fails_later_names_the_last_checkpoint(tmp_path, monkeypatch):
    def refresh(self, state, step, plain=_Recipe.refresh):
        if step == 7:
            state = state._replace(generator=jax.tree.map(jnp.log, state.generator))
        return plain(self, state, step)

    monkeypatch.setattr(_Recipe, "refresh", refresh)
    message = "before step 7: The activation of layer 'block0'.*checkpoint is step 6"
    with pytest.raises(training.DivergedError, match=message):
        _train(tmp_path)


def test_another_generator_or_other_data_do_not_go_on(finished):
    out, _ = finished
    with pytest.raises(ValueError, match="started with reals 'Originals'"):
        _train(out, resume=True, world=_Others(_GAN()))
    gan = _GAN()
    other = dataclasses.replace(
        gan, params=jax.tree.map(lambda leaf: leaf + 1, gan.params)
    )
    with pytest.raises(ValueError, match="started with generator"):
        interpretable.train(other, CONFIG, out, num_steps=8, resume=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layer": "block9"}, "no layer 'block9'"),
        ({"interpretability": "other"}, "'other'; give one of 'exclusivity'"),
        ({"partition_weight": -1.0}, "-1.0"),
        ({"num_groups": 1}, "num_groups is 1; give at least 2"),
        ({"num_groups": 17}, "num_groups is 17, and layer 'block0' of .* has 16 units"),
        ({"partition_every": 0}, r"\(0, 16, 4\)"),
        ({"warmup": -1}, "warmup -1"),
        ({"batch_size": 2}, "batch_size 2 and .* of images 3"),
        ({"fidelity_weight": -1.0}, "-1.0"),
        ({"locality_weight": -2.0}, "-2.0"),
        ({"generator_rate": 0.0}, "rates 0.0"),
        ({"ema_decay": 1.0}, "1.0"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(change, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        _train(tmp_path / "run", config=dataclasses.replace(CONFIG, **change))
    assert not (tmp_path / "run").exists()
