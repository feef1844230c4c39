"""What every generator promises: taps, edits, and what XLA may drop."""

import functools
import re

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import taps
from tests.generators import GANS, make_gan

pytestmark = pytest.mark.usefixtures("unoptimized")

ALL = pytest.mark.parametrize("kind", GANS)
# Their colors are linear. All others end in a hyperbolic tangent.
_UNBOUNDED = ("progan", "stylegan", "stylegan2")


@functools.cache
def _gan_and_latents(kind):
    gan = make_gan(kind)
    labels = jnp.array([0, 2]) if gan.num_classes else None
    return gan, gan.sample_latents(2, class_label=labels, key=jax.random.key(3))


@functools.cache
def _jitted(kind):
    return jax.jit(make_gan(kind).forward)


def _flops(fn, *args):
    return jax.jit(fn).lower(*args).compile().cost_analysis()["flops"]


def _blocks(gan):
    pattern = r"(block|layer|feature)\d+"
    if gan.family.startswith("stylegan"):
        resnet = getattr(gan.config, "architecture", None) == "resnet"
        pattern = r"b\d+" if resnet else r"b\d+\.conv1"
    blocks = [name for name in gan.layers if re.fullmatch(pattern, name)]
    # Each costs two compilations.
    return blocks if len(blocks) < 6 else blocks[:: len(blocks) // 3]


def _cut(gan, name):
    """All that the layers after a block read: of a StyleGAN more than the block."""
    if not gan.family.startswith("stylegan"):
        return [name]
    skip = getattr(gan.config, "architecture", None) == "skip"
    image = name.replace("conv1", "rgb") if skip else name
    return sorted({name, "w_plus", image})


@ALL
def test_images_and_taps_have_the_promised_shapes(kind):
    gan, latents = _gan_and_latents(kind)
    images, activations = _jitted(kind)(gan.params, latents)
    assert images.shape == (2, gan.resolution, gan.resolution, 3)
    assert images.dtype == jnp.float32
    assert bool(jnp.all(jnp.isfinite(images)))
    # Of random parameters, so an unbounded family that is clipped is seen.
    bounded = float(jnp.max(jnp.abs(images))) <= 1.0
    assert bounded == (gan.family not in _UNBOUNDED)
    for name, layer in gan.layers.items():
        assert activations[name].shape == (2, *layer)
    for name in gan.conditional_layers:
        assert activations[f"{name}.gain"].shape == (2, gan.layers[name].units)


@ALL
def test_layers_are_listed_in_forward_order(kind):
    gan, latents = _gan_and_latents(kind)
    names = []

    def traced(params, latents):
        # Here, as a dict that leaves a trace is sorted.
        names.extend(gan.forward(params, latents)[1])

    jax.eval_shape(traced, gan.params, latents)
    assert [*gan.layers] == [name for name in names if name in gan.layers]
    assert [*gan.layers][0] in ("linear", "layer1", "phi1", "b4.conv0", "b4.conv1")


@ALL
def test_returning_a_block_and_replacing_it_split_the_work(kind):
    gan, latents = _gan_and_latents(kind)
    full = _flops(lambda p, l: gan.forward(p, l)[0], gan.params, latents)
    _, activations = _jitted(kind)(gan.params, latents)
    shares = []
    for name in _blocks(gan):
        cut = _cut(gan, name)
        if not {*cut} <= {*activations}:
            continue  # The last block, whose image is the output.

        def before(params, latents, cut=cut):
            found = gan.forward(params, latents)[1]
            return [found[name] for name in cut]

        def after(params, latents, values, cut=cut):
            edits = {n: taps.Replace(v) for n, v in zip(cut, values, strict=True)}
            return gan.forward(params, latents, edits)[0]

        before = _flops(before, gan.params, latents)
        values = [activations[name] for name in cut]
        after = _flops(after, gan.params, latents, values)
        assert before + after == pytest.approx(full, rel=0.05), name
        shares.append(before / full)
    assert len(shares) >= len(_blocks(gan)) - 1
    assert shares == sorted(shares)
    assert shares[0] < 0.5


@ALL
def test_replacing_every_tap_by_itself_changes_nothing(kind):
    gan, latents = _gan_and_latents(kind)
    images, activations = _jitted(kind)(gan.params, latents)
    edits = {name: taps.Replace(value) for name, value in activations.items()}
    again, taps_again = _jitted(kind)(gan.params, latents, edits)
    # Another program, which rounds otherwise: 3e-6 was seen of the deepest network.
    np.testing.assert_allclose(again, images, rtol=0, atol=1e-5)
    chex.assert_trees_all_equal(taps_again, activations)


@ALL
def test_what_comes_after_a_tap_sees_its_edit(kind):
    gan, latents = _gan_and_latents(kind)
    images, activations = _jitted(kind)(gan.params, latents)
    for name in activations:
        # All taps are edited, the others by nothing, so that one program serves.
        edits = {
            other: taps.blend(
                jnp.full((1,) * value.ndim, float(other == name)), value[::-1]
            )
            for other, value in activations.items()
        }
        changed, _ = _jitted(kind)(gan.params, latents, edits)
        assert float(jnp.max(jnp.abs(changed - images))) > 1e-3, name


@pytest.mark.parametrize("kind", ["dcgan", "dcgan_conditional", "progan"])
def test_the_activation_of_another_image_makes_that_image(kind):
    gan, latents = _gan_and_latents(kind)
    images, activations = _jitted(kind)(gan.params, latents)
    atol = 1e-6 * max(1.0, float(jnp.max(jnp.abs(images))))
    for name, value in activations.items():
        edits = {name: taps.Replace(value[::-1])}
        swapped, _ = _jitted(kind)(gan.params, latents, edits)
        np.testing.assert_allclose(swapped, images[::-1], atol=atol, err_msg=name)


@ALL
@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda l: l._replace(z=l.z[:, :-1]), "latents.z has shape"),
        (lambda l: l._replace(z=l.z[0]), "latents.z has shape"),
        (lambda l: l._replace(class_label=jnp.zeros((5,), jnp.int32)), "class"),
        (lambda l: l._replace(class_label=jnp.zeros((2,))), "class"),
    ],
)
def test_latents_of_another_generator_are_refused(kind, change, complaint):
    gan, latents = _gan_and_latents(kind)
    with pytest.raises(ValueError, match=complaint):
        gan.forward(gan.params, change(latents))


@ALL
@pytest.mark.parametrize("label", [-1, 1000])
def test_a_label_that_does_not_exist_is_nan_and_not_another_class(kind, label):
    gan, latents = _gan_and_latents(kind)
    if not gan.num_classes:
        return
    wrong = latents._replace(class_label=jnp.full((2,), label, jnp.int32))
    images, _ = _jitted(kind)(gan.params, wrong)
    assert bool(jnp.all(jnp.isnan(images)))


@ALL
def test_mask_zero_and_mask_one_are_exact(kind):
    gan, latents = _gan_and_latents(kind)
    name = _blocks(gan)[1]
    read = jax.jit(lambda p, l, e: gan.forward(p, l, e)[1][name])
    plain = read(gan.params, latents, {})
    shape = plain.shape
    value = jax.random.normal(jax.random.key(5), shape)
    for edit in (taps.ablate(0.0), taps.insert(0.0, 3.7), taps.scale(0.0, 9.0)):
        got = read(gan.params, latents, {name: edit})
        np.testing.assert_array_equal(got, plain)
    blended = read(gan.params, latents, {name: taps.blend(1.0, value)})
    np.testing.assert_array_equal(blended, value)
    np.testing.assert_array_equal(
        read(gan.params, latents, {name: taps.ablate(1.0)}), jnp.zeros(shape)
    )
    np.testing.assert_array_equal(
        read(gan.params, latents, {name: taps.insert(1.0, 3.7)}), jnp.full(shape, 3.7)
    )
    np.testing.assert_array_equal(
        read(gan.params, latents, {name: taps.scale(1.0, 2.0)}), 2.0 * plain
    )


@ALL
def test_a_sweep_over_64_units_traces_once_and_ablates_each(kind):
    gan, latents = _gan_and_latents(kind)
    name = _blocks(gan)[0]
    units = gan.layers[name].units

    @jax.jit
    @chex.assert_max_traces(n=1)
    def sweep(params, latents, indices):
        def ablated(unit):
            edit = taps.ablate(taps.unit_mask(unit, num_units=units))
            images, activations = gan.forward(params, latents, {name: edit})
            return images, activations[name]

        return jax.vmap(ablated)(indices)

    indices = jnp.arange(64) % units
    sweep(gan.params, latents, indices)
    images, swept = sweep(gan.params, latents, indices[::-1])
    plain = _jitted(kind)(gan.params, latents)[1][name]
    assert images.shape[0] == 64
    for i in (0, 17, 63):
        unit = int(indices[::-1][i])
        np.testing.assert_array_equal(swept[i, ..., unit], 0.0)
        others = np.delete(np.arange(units), unit)
        np.testing.assert_allclose(
            swept[i][..., others], plain[..., others], atol=1e-5 * np.abs(plain).max()
        )


@ALL
def test_truncation_class_and_strength_do_not_retrace(kind):
    gan, _ = _gan_and_latents(kind)
    name = _blocks(gan)[0]

    @jax.jit
    @chex.assert_max_traces(n=1)
    def sample(params, class_label, truncation, strength, key):
        latents = gan.sample_latents(
            2, class_label=class_label, truncation=truncation, key=key
        )
        edits = {name: taps.scale(1.0, strength)}
        return gan.forward(params, latents, edits)[0]

    for label, truncation, strength in ((0, 0.5, 0.0), (1, 0.7, 1.5), (2, 1.0, -1.0)):
        label = jnp.int32(label) if gan.num_classes else None
        sample(gan.params, label, truncation, strength, jax.random.key(label or 0))


@ALL
def test_gradient_goes_through_a_mask(kind):
    gan, latents = _gan_and_latents(kind)
    name = _blocks(gan)[0]

    def brightness(mask):
        images, _ = gan.forward(gan.params, latents, {name: taps.ablate(mask)})
        return jnp.mean(images)

    mask = jnp.zeros((1, 1, 1, gan.layers[name].units))
    gradient = jax.jit(jax.grad(brightness))(mask)
    assert gradient.shape == mask.shape
    assert bool(jnp.all(jnp.isfinite(gradient)))
    assert float(jnp.max(jnp.abs(gradient))) > 0


@ALL
def test_an_edit_of_an_unknown_layer_lists_the_layers(kind):
    gan, latents = _gan_and_latents(kind)
    with pytest.raises(ValueError, match="block99.*edit.*" + _blocks(gan)[0]):
        jax.eval_shape(gan.forward, gan.params, latents, {"block99": taps.ablate(1.0)})


@ALL
def test_a_gan_is_a_pytree_of_its_parameters_alone(kind):
    gan, latents = _gan_and_latents(kind)
    leaves = jax.tree.leaves(gan)
    assert len(leaves) == len(jax.tree.leaves(gan.params))

    @jax.jit
    @chex.assert_max_traces(n=1)
    def images(gan, latents):
        return gan.forward(gan.params, latents)[0]

    images(gan, latents)
    darker = jax.tree.map(lambda leaf: 0.5 * leaf, gan)
    assert darker.layers == gan.layers
    assert not np.allclose(images(gan, latents), images(darker, latents))
