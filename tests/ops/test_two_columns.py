"""Small kernels between few units, against XLA's convolution; derivatives too."""

import jax
import jax.export
import jax.numpy as jnp
import pytest

from jgan import ops
from tests.helpers import FAST_FORM, conv_forms, normal, unchecked
from tests.ops.derivatives import assert_the_convolution

pytestmark = pytest.mark.usefixtures("unoptimized")


@pytest.mark.parametrize("sides", [(1, 2), (2, 4), (7, 6)], ids=str)
@pytest.mark.parametrize("units", [(5, 7), (7, 5), (1, 6)], ids=str)
def test_it_is_the_convolution_and_all_its_derivatives(units, sides, new_key):
    x = normal(new_key(), (3, *sides, units[0]))
    # Sums of about 1.
    kernel = normal(new_key(), (3, 3, *units)) / (3 * units[0] ** 0.5)
    assert_the_convolution("columns", x, kernel)


def _program(platform, *, cols=6, units=(12, 12), dtype=jnp.float32):
    x = jax.ShapeDtypeStruct((2, 6, cols, units[0]), dtype)
    kernel = jax.ShapeDtypeStruct((3, 3, *units), dtype)
    jitted = jax.jit(ops.conv)
    exported = jax.export.export(jitted, platforms=(platform,))(x, kernel)
    return exported.mlir_module()


def _kernel(program) -> str:
    (line,) = [x for x in program.splitlines() if "stablehlo.convolution" in x]
    return line.split("tensor<")[2].split("xf32")[0].split("xbf16")[0]


def test_it_is_taken_up_to_12_units_on_cpu_alone():
    assert _kernel(_program("cpu")) == "3x2x24x24"
    assert _kernel(_program("cpu", units=(5, 12))) == "3x2x10x24"
    for platform in ("tpu", "cuda"):
        assert _kernel(_program(platform)) == "3x3x12x12"


@pytest.mark.parametrize(
    "other",
    [{"cols": 5}, {"units": (13, 12)}, {"units": (12, 13)}, {"dtype": jnp.bfloat16}],
    ids=str,
)
def test_other_convolutions_stay_as_they_are(other):
    units = other.get("units", (12, 12))
    assert _kernel(_program("cpu", **other)) == f"3x3x{units[0]}x{units[1]}"


def test_the_gradient_of_the_activation_is_as_fast(new_key):
    x, kernel = normal(new_key(), (2, 6, 6, 8)), normal(new_key(), (3, 3, 8, 8))
    gradient = jax.grad(lambda x: jnp.sin(ops.conv(x, kernel)).sum())
    text = jax.jit(gradient).lower(x).compile().as_text()
    made = [
        line.split(" = ")[1] for line in text.splitlines() if " convolution(" in line
    ]
    # Not more columns than there were, which XLA leaves to its slower convolution.
    assert [shape.split("{")[0] for shape in made] == ["f32[2,6,3,16]"] * 2
    assert conv_forms(gradient, x) == {FAST_FORM}


def test_odd_maps_and_other_kernels_are_refused_by_name():
    x = jnp.ones((1, 6, 5, 2))
    with pytest.raises(ValueError, match="5 columns; for pairs they are even"):
        unchecked(ops.conv)(x, jnp.ones((3, 3, 2, 2)), implementation="columns")
    with pytest.raises(ValueError, match="5 x 5; that of two columns takes 3 x 3"):
        ops.conv(x, jnp.ones((5, 5, 2, 2)), implementation="columns")
