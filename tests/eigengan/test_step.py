"""One step of an EigenGAN's training, against PyTorch and against what it promises."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.eigengan import Change, initial_state, train_step
from jgan.eigengan._bases import orthogonality_loss, straightened
from jgan.eigengan._state import decaying, draw_latents, grow
from jgan.models import eigen_discriminator
from jgan.models.eigengan import Generator
from jgan.models.subspace import gram_error, orthonormalize
from tests.eigengan.tiny import CONFIG, reals, start

pytestmark = pytest.mark.usefixtures("unoptimized")

# Kernels of stride 2 lie where PyTorch has them; the discriminator moves by the sign of
# its gradient, which may be either about zero, so it moves little.
_TORCH = dataclasses.replace(
    CONFIG,
    generator=dataclasses.replace(CONFIG.generator, padding="pytorch"),
    discriminator=dataclasses.replace(CONFIG.discriminator, padding="pytorch"),
    learning_rate=2e-6,
    flip=False,
)


# Its discriminator tells classes apart.
_LABELED = dataclasses.replace(
    CONFIG,
    discriminator=dataclasses.replace(CONFIG.discriminator, num_classes=8),
    flip=False,
)


@functools.cache
def _step(config=CONFIG, penalized=True):
    return jax.jit(functools.partial(train_step, config=config, penalized=penalized))


@functools.cache
def _start(config):
    return jax.jit(initial_state, static_argnums=0)(config)


def _shaken(seed, config=CONFIG):
    """A state whose parameters are all at work, biases too."""
    rng = np.random.default_rng(seed)
    shake = lambda leaf: leaf + np.float32(0.1) * rng.standard_normal(leaf.shape, "f4")
    first = _start(config)
    return first._replace(
        generator=jax.tree.map(shake, first.generator),
        discriminator=jax.tree.map(shake, first.discriminator),
    )


def _gradient(moments, config):
    # Of the first step, Adam's mean is a known part of the gradient.
    return jax.tree.map(lambda mu: np.asarray(mu) / (1 - config.beta1), moments[0].mu)


@pytest.mark.torch
@pytest.mark.parametrize("penalized", [True, False])
def test_losses_and_gradients_are_those_of_pytorch(penalized):
    errors = [_check(_shaken(seed), penalized) for seed in (1, 2, 3)]
    # Where rounding puts the input of one leaky ReLU on the other side of zero, more.
    assert min(errors) < 5e-5


def _check(state, penalized):
    """The largest relative difference of a gradient, after the losses."""
    import torch

    from benchmarks.torch_eigengan import Trainer
    from tests.benchmarks import eigen_loading as loading

    batch, latents = reals(), draw_latents(_TORCH, _TORCH.batch_size, 0)
    after, metrics = _step(_TORCH, penalized)(state, batch)
    trainer = Trainer(_TORCH, torch.contiguous_format)
    loading.load_generator(trainer.generator, state.generator)
    loading.load_discriminator(trainer.discriminator, state.discriminator)
    to = lambda array: torch.tensor(np.asarray(array))
    images = to(np.asarray(batch.images).transpose(0, 3, 1, 2))
    want = trainer.step(images, to(latents.z), to(latents.eps), penalized=penalized)
    for name in ("real", "fake", "penalty", "generator", "orthogonality"):
        np.testing.assert_allclose(
            getattr(metrics, name), getattr(want, name), rtol=1e-4, err_msg=name
        )
    assert (metrics.penalty > 0) == penalized
    mine = _gradient(after.generator_optimizer, _TORCH)
    theirs = _gradient(after.discriminator_optimizer, _TORCH)
    blocks, convs = trainer.generator.blocks, trainer.discriminator.convs
    conv, double = loading.conv_gradient, loading.double_gradient
    pairs = [
        (mine["same1"]["kernel"], conv(blocks[0].same.weight)),
        (mine["skip2"]["kernel"], double(blocks[1].skip.weight)),
        (mine["double1"]["kernel"], double(blocks[0].twice.weight)),
        (mine["conv2"]["kernel"], conv(blocks[1].conv.weight)),
        (
            mine["subspace2"]["basis"],
            loading.basis_gradient(blocks[1].subspace.basis, 8),
        ),
        (
            mine["subspace1"]["importance"],
            blocks[0].subspace.importance.grad.numpy(),
        ),
        (theirs["from_rgb"]["kernel"], conv(convs[0].weight)),
        (theirs["halve1"]["kernel"], conv(convs[2].weight)),
        (theirs["conv0"]["kernel"], conv(convs[-1].weight)),
        (
            theirs["score"]["kernel"],
            trainer.discriminator.score.weight.grad.numpy().T,
        ),
    ]
    return max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in pairs)


def test_long_steps_are_shortened():
    before = start()
    config = dataclasses.replace(CONFIG, longest_step=0.25)
    short, _ = _step(config)(before, reals())
    after, _ = _step()(before, reals())
    mean_square = lambda old, new: float(np.sqrt(np.mean(np.square(new - old))))
    longest = 0.25 * CONFIG.learning_rate
    # Adam's first step moves every number by its rate. Bases are made orthonormal.
    for network in ("generator", "discriminator"):
        old, new, full = (getattr(s, network) for s in (before, short, after))
        for name in (n for n in old if not n.startswith("subspace")):
            for part in old[name]:
                sizes = [
                    mean_square(old[name][part], x[name][part]) for x in (new, full)
                ]
                # Of a number of 1, one of 1e-4 less is known to 1e-3.
                assert sizes[0] <= longest * 1.01
                assert sizes[1] > 2 * longest or sizes[1] < 1.01 * longest
    mine, theirs = short.discriminator["score"], after.discriminator["score"]
    first = before.discriminator["score"]["kernel"]
    np.testing.assert_allclose(
        (mine["kernel"] - first) / 0.25, theirs["kernel"] - first, atol=2e-7
    )


def test_class_weight_adds_to_the_gradient_what_raises_the_information():
    state = _start(_LABELED)
    # Some classes must be more frequent, or all frequencies cancel.
    scores = state.discriminator["classes"]
    bias = scores["bias"] + jnp.linspace(-2, 2, 8)
    classes = {"classes": scores | {"bias": bias}}
    state = state._replace(discriminator=state.discriminator | classes)

    def gradient(weight):
        config = dataclasses.replace(_LABELED, class_weight=weight)
        after, metrics = _step(config)(state, reals())
        return _gradient(after.generator_optimizer, config), after, metrics

    plain, after, metrics = gradient(0.0)
    added = jax.tree.map(lambda a, b: (a - b) / 1e3, gradient(1e3)[0], plain)

    def information(params):
        latents = draw_latents(_LABELED, _LABELED.batch_size, 0)
        images = Generator(_LABELED.generator).apply({"params": params}, latents)[0]
        network = eigen_discriminator.Discriminator(_LABELED.discriminator)
        _, scores = network.apply({"params": after.discriminator}, images)
        kinds = jax.nn.softmax(scores)
        # As Springenberg (2016) writes it.
        entropy = lambda p: jax.scipy.special.entr(p).sum(axis=-1)
        return entropy(kinds.mean(axis=0)) - entropy(kinds).mean()

    value, want = jax.value_and_grad(information)(state.generator)
    assert float(value) > 1e-3
    assert float(metrics.information) == pytest.approx(float(value), rel=1e-4)
    for mine, theirs in zip(jax.tree.leaves(added), jax.tree.leaves(want), strict=True):
        scale = float(np.abs(theirs).max())
        np.testing.assert_allclose(mine, -np.asarray(theirs), atol=1e-3 * scale)


def test_a_discriminator_learns_the_classes_it_is_told():
    # At this rate, a step now and then would be too long. At a higher one the cost may
    # jump late, and on which step is a matter of a machine's rounding.
    config = dataclasses.replace(_LABELED, learning_rate=2e-3, longest_step=1.0)
    state = jax.jit(initial_state, static_argnums=0)(config)
    told = []
    for _ in range(200):
        state, metrics = _step(config, False)(state, reals())
        told.append(float(metrics.classes))
    # To know nothing of eight classes costs their logarithm. Of six seeds, the worst
    # came to cost a thirtieth of it.
    assert told[0] > 0.8 * np.log(8)
    assert np.median(told[-10:]) < 0.1 * np.log(8)
    # Without classes, nothing is told.
    _, metrics = _step(CONFIG, False)(start(), reals())
    assert (float(metrics.classes), float(metrics.information)) == (0.0, 0.0)


@pytest.mark.parametrize("penalized", [True, False])
def test_a_discriminator_follows_all_that_it_is_told(penalized):
    state = _shaken(4, _LABELED)
    latents = draw_latents(_LABELED, _LABELED.batch_size, 0)
    fakes = Generator(_LABELED.generator).apply({"params": state.generator}, latents)[0]
    network = eigen_discriminator.Discriminator(_LABELED.discriminator)
    images, labels = reals().images, reals().class_label

    def written_out(params):
        score = lambda images: network.apply({"params": params}, images)
        scores, kinds = score(images)
        total = jax.nn.relu(1 - scores).mean() + jax.nn.relu(1 + score(fakes)[0]).mean()
        slopes = jax.grad(lambda images: score(images)[0].sum())(images)
        penalty = jnp.square(slopes).sum(axis=(1, 2, 3)).mean()
        weight = _LABELED.penalty_weight * _LABELED.penalty_every * penalized
        log = jax.nn.log_softmax(kinds)[jnp.arange(len(labels)), labels]
        return total + weight * penalty - log.mean()

    want = jax.jit(jax.grad(written_out))(state.discriminator)
    after, _ = _step(_LABELED, penalized)(state, reals())
    mine = _gradient(after.discriminator_optimizer, _LABELED)
    for path, leaf in jax.tree.leaves_with_path(want):
        other = mine[path[0].key][path[1].key]
        # The score's bias may have none: as many images pull it up as down.
        scale = max(float(np.abs(leaf).max()), 1e-2)
        # Where rounding puts an input on the other side of zero, more than sums differ.
        np.testing.assert_allclose(other, leaf, atol=5e-5 * scale, err_msg=str(path))


def test_images_without_classes_are_refused_where_classes_are_told_apart():
    with pytest.raises(ValueError, match="8 classes apart, and the real images"):
        train_step(
            start(), reals()._replace(class_label=None), _LABELED, penalized=True
        )
    config = dataclasses.replace(
        _LABELED,
        class_weight=0.3,
        changes=(Change(after=2, class_weight=0.2),),
        learning_rate=3e-4,
    )
    plain = config.without_classes()
    assert plain == dataclasses.replace(
        CONFIG, flip=False, learning_rate=3e-4, changes=(Change(after=2),)
    )


def test_the_first_step_moves_everything_and_counts():
    after, metrics = _step()(start(), reals())
    assert int(after.step) == 1
    assert all(np.isfinite(value) for value in metrics)
    for before, moved in (
        (start().generator, after.generator),
        (start().discriminator, after.discriminator),
    ):
        changed = jax.tree.map(lambda a, b: bool((a != b).any()), before, moved)
        if "score" in changed:
            # Real images within the margin move it up as far as generated ones down.
            del changed["score"]["bias"]
        assert all(jax.tree.leaves(changed))
    # 0.999 of the old and 0.001 of the new.
    want = jax.tree.map(
        lambda a, b: 0.999 * a + 0.001 * b, start().ema, after.generator
    )
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), after.ema, want
    )


def test_a_basis_starts_orthonormal_with_importances_by_threes():
    subspace = start().generator["subspace1"]
    np.testing.assert_allclose(gram_error(subspace["basis"]), 0, atol=1e-6)
    np.testing.assert_array_equal(subspace["importance"], [9, 6, 3])
    np.testing.assert_array_equal(subspace["origin"], 0)


def test_decaying_importances_keep_the_norm_of_the_published_ones():
    begun = _start(dataclasses.replace(CONFIG, importance_decays=(0.5, 0.0)))
    for params in (begun.generator, begun.ema):
        importance = params["subspace1"]["importance"]
        np.testing.assert_allclose(importance[1:], importance[:-1] / 2, rtol=1e-6)
        np.testing.assert_allclose((importance**2).sum(), 126, rtol=1e-6)
        np.testing.assert_array_equal(params["subspace2"]["importance"], [6, 3])
    for name in ("conv2", "same1"):
        np.testing.assert_array_equal(
            begun.generator[name]["kernel"], start().generator[name]["kernel"]
        )


def test_decaying_importances_keep_order_and_signs():
    given = {"subspace1": {"importance": jnp.array([-3.0, 6.0, 1.0]), "origin": 1.0}}
    (made,) = decaying(given, (0.25, 0.5), ranked_by=given).values()
    norm = np.sqrt(46 / (1 + 1 / 16 + 1 / 256))
    np.testing.assert_allclose(
        made["importance"], norm * np.array([-1 / 4, 1, 1 / 16]), rtol=1e-6
    )
    assert made["origin"] == given["subspace1"]["origin"]
    without = {"subspace1": {"origin": 1.0}}
    assert decaying(without, (0.25,), ranked_by=without) == without
    # As the average of the generator has it where two are almost as important.
    other = {"subspace1": {"importance": jnp.array([6.1, 6.0, 1.0])}}
    (made,) = decaying(given, (0.25,), ranked_by=other).values()
    assert abs(made["importance"][0]) > made["importance"][1]


def test_decays_are_cut_while_the_generator_grows():
    config = dataclasses.replace(CONFIG, growth=(2,), importance_decays=(0.0, 0.5))
    assert config.at(2).importance_decays == (0.0,)
    assert config.at(3).importance_decays == (0.0, 0.5)
    (first,) = _importances(initial_state(config.at(2)))
    np.testing.assert_array_equal(first, [9, 6, 3])
    grown = grow(config.at(3), initial_state(config.at(2)))
    kept, second = _importances(grown)
    np.testing.assert_array_equal(kept, first)
    np.testing.assert_allclose(second[1] / second[0], 0.5, rtol=1e-6)


def _importances(state):
    names = sorted(name for name in state.generator if name.startswith("subspace"))
    return [state.generator[name]["importance"] for name in names]


def test_the_penalty_pulls_a_crooked_basis_straight():
    basis = start().generator["subspace2"]["basis"]
    crooked = basis.at[..., 1].add(0.5 * basis[..., 0])
    generator = dict(start().generator)
    generator["subspace2"] = generator["subspace2"] | {"basis": crooked}

    def error(weight):
        state = start()._replace(generator=generator)
        config = dataclasses.replace(
            CONFIG, orthogonality_weight=weight, learning_rate=3e-3
        )
        for _ in range(30):
            state, _ = _step(config, False)(state, reals())
        return np.linalg.norm(gram_error(state.generator["subspace2"]["basis"]))

    before = np.linalg.norm(gram_error(crooked))
    assert before > 0.5
    assert error(1.0) < 1e-2
    assert error(0.0) > 0.8 * before


def test_a_step_of_the_penalty_follows_its_gradient(new_key):
    generator = jax.tree.map(
        lambda a: a + 0.01 * jax.random.normal(new_key(), a.shape), start().generator
    )
    gradient = jax.grad(orthogonality_loss)(generator)
    got = straightened(generator, 0.5)
    for part, before in generator.items():
        for name, value in before.items():
            want = value - 0.25 * 0.5 * gradient[part][name]
            # Three roundings of numbers below 1: of U E, of its sum with U, of both.
            np.testing.assert_allclose(got[part][name], want, rtol=0, atol=2e-7)
            assert (name == "basis") == bool((got[part][name] != value).any())


@pytest.mark.parametrize("basis_step", [None, 3.0, 15.0])
def test_a_dimension_moves_by_as_many_rates_as_asked_for(basis_step):
    config = dataclasses.replace(
        CONFIG, basis_step=basis_step, orthogonality_weight=0.0, learning_rate=1e-3
    )
    after, _ = _step(config)(start(), reals())
    for name in ("subspace1", "subspace2"):
        before = start().generator[name]
        moved = np.asarray(after.generator[name]["basis"] - before["basis"])
        moved = np.linalg.norm(moved.reshape(-1, moved.shape[-1]), axis=0)
        # Adam's first step moves every entry by the rate; they are 128 and 384.
        whole = np.sqrt(before["basis"].size // before["basis"].shape[-1])
        want = 1e-3 * min(whole, basis_step or whole)
        # Where a gradient is of the size of Adam's 1e-8, it moves less.
        np.testing.assert_allclose(moved, want, rtol=0.01)
        # The rest moves as ever.
        moved = np.abs(np.asarray(after.generator[name]["origin"] - before["origin"]))
        assert np.median(moved) == pytest.approx(1e-3, rel=0.01)


def test_growing_keeps_what_fits_and_the_step():
    config = dataclasses.replace(CONFIG, growth=(7,))
    assert config.at(8) == CONFIG
    assert config.at(7).generator.resolution == 8
    half = jax.jit(initial_state, static_argnums=0)(config.at(7))
    grown = jax.jit(functools.partial(grow, CONFIG))(half._replace(step=jnp.int32(7)))
    assert int(grown.step) == 7
    for name in ("linear", "subspace1", "double1", "conv1"):
        jax.tree.map(
            np.testing.assert_array_equal, grown.generator[name], half.generator[name]
        )
        jax.tree.map(np.testing.assert_array_equal, grown.ema[name], half.ema[name])
    for name in ("conv0", "halve0", "hidden", "score"):
        jax.tree.map(
            np.testing.assert_array_equal,
            grown.discriminator[name],
            half.discriminator[name],
        )
    assert jax.tree.structure(grown) == jax.tree.structure(start())
    assert jax.tree.map(jnp.shape, grown) == jax.tree.map(jnp.shape, start())


def test_what_has_changed_stays_until_it_changes_again():
    first = Change(after=3, learning_rate=1e-3, penalty_weight=2.0)
    second = Change(after=5, learning_rate=1e-5, basis_step=4.0)
    config = dataclasses.replace(CONFIG, changes=(first, second))
    assert config.at(3) == CONFIG
    changed = dataclasses.replace(CONFIG, learning_rate=1e-3, penalty_weight=2.0)
    assert config.at(4) == config.at(5) == changed
    again = dataclasses.replace(changed, learning_rate=1e-5, basis_step=4.0)
    assert config.at(6) == again


def test_flips_mirror_about_half_of_the_reals():
    from jgan.eigengan._step import _flipped

    images = jnp.arange(64 * 4 * 4 * 3, dtype=jnp.float32).reshape(64, 4, 4, 3)
    flipped = _flipped(images, CONFIG, start())
    same = (np.asarray(flipped) == np.asarray(images)).all(axis=(1, 2, 3))
    mirrored = (np.asarray(flipped) == np.asarray(images)[:, :, ::-1]).all(
        axis=(1, 2, 3)
    )
    assert (same ^ mirrored).all()
    # Five standard deviations of a count of 32.
    assert abs(mirrored.sum() - 32) < 20
    other = _flipped(images, CONFIG, start()._replace(step=jnp.int32(1)))
    assert (np.asarray(other) != np.asarray(flipped)).any()


def test_orthonormalizing_is_qr_but_for_signs(new_key):
    basis = jax.random.normal(new_key(), (4, 4, 6, 5))
    q = np.asarray(orthonormalize(basis)).reshape(-1, 5)
    want, r = np.linalg.qr(np.asarray(basis, np.float64).reshape(-1, 5))
    np.testing.assert_allclose(q, want * np.sign(np.diag(r)), atol=1e-6)
    # What Gram and Schmidt find keeps the side of each dimension.
    assert (np.sum(q * np.asarray(basis).reshape(-1, 5), axis=0) > 0).all()
    np.testing.assert_allclose(np.float64(q).T @ q, np.eye(5), atol=1e-6)
    # Already orthonormal, it stays.
    again = orthonormalize(jnp.asarray(q).reshape(4, 4, 6, 5))
    np.testing.assert_allclose(np.asarray(again).reshape(-1, 5), q, atol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch_size": 0}, "batch_size is 0"),
        ({"growth": (0,)}, r"growth is \(0,\)"),
        ({"growth": (5, 3)}, "each after the one before"),
        ({"growth": (3, 5)}, "as often as the generator has layers, 2"),
        ({"penalty_every": 0}, "penalty_every 0"),
        ({"learning_rate": 0.0}, "learning_rate is 0"),
        ({"penalty_weight": -1.0}, "none may be negative"),
        ({"basis_step": 0.0}, "basis_step is 0"),
        ({"importance_decays": (0.5,)}, r"decays are \(0.5,\); give .* of 2 layers"),
        ({"importance_decays": (0.5, 1.0)}, "a number in"),
        ({"importance_decays": (0.5, 0.5, 0.5)}, "each of 2 layers"),
        (
            {"changes": (Change(after=2, basis_step=-1.0),)},
            "After step 2, basis_step is -1",
        ),
        ({"changes": (Change(after=2, class_weight=1.0),)}, "After step 2, class_weig"),
        ({"ema_decay": 1.0}, "each is in"),
        ({"longest_step": 0.0}, "longest_step is 0.0"),
        ({"class_weight": 1.0}, "class_weight is 1.0, and the discriminator tells no"),
        ({"class_weight": -1.0}, "none may be negative"),
        (
            {"changes": (Change(after=5), Change(after=3))},
            r"changes are after \[5, 3\]",
        ),
        ({"changes": (Change(after=0),)}, r"changes are after \[0\]"),
        ({"changes": (Change(after=2, learning_rate=0.0),)}, "learning_rate is 0"),
        (
            {"changes": (Change(after=2, penalty_weight=0.0),)},
            "later 0.0; both or neither",
        ),
        (
            {"discriminator": eigen_discriminator.Config(units=(4, 4))},
            "16 pixels, the discriminator takes 8",
        ),
    ],
)
def test_configs_that_make_no_sense_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(CONFIG, **change)
