"""What depends on what: the same made twice is the same, and another is another."""

import dataclasses
import functools
import pathlib
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.stats._fingerprint import digest


def _scaled(images, weights):
    return images * weights


def _network(sign):
    weights = sign * np.arange(3.0)

    def net(images):
        return _scaled(images, weights)

    return lambda images: net(images) > 0


@dataclasses.dataclass
class _Field:
    level: float

    def above(self, images):
        return images > self.level


class _Plain:
    def segment(self, images):
        return images > 0


def _other_plain():
    class _Plain:
        def segment(self, images):
            return images < 0

    return _Plain()


def _wrapped(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)

    return wrapper


_PAIRS = {
    "array of an inner function": (lambda: _network(1), lambda: _network(-1)),
    "jitted": (lambda: jax.jit(lambda x: x > 0.5), lambda: jax.jit(lambda x: x > 0.9)),
    "wrapped": (lambda: _wrapped(lambda x: 2 * x), lambda: _wrapped(lambda x: 3 * x)),
    "method": (lambda: _Field(1).above, lambda: _Field(2).above),
    "field": (lambda: _Field(1), lambda: _Field(2)),
    "code of a class": (_Plain, _other_plain),
    "default": (lambda: lambda x, y=1: x + y, lambda: lambda x, y=2: x + y),
    "partial": (
        lambda: functools.partial(_scaled, weights=1),
        lambda: functools.partial(_scaled, weights=2),
    ),
    "key": (
        lambda: functools.partial(_scaled, weights=jax.random.key(1)),
        lambda: functools.partial(_scaled, weights=jax.random.key(2)),
    ),
    "type": (
        lambda: functools.partial(_scaled, weights=jnp.float32),
        lambda: functools.partial(_scaled, weights=jnp.bfloat16),
    ),
    "module": (
        lambda: functools.partial(_scaled, weights=np),
        lambda: functools.partial(_scaled, weights=jnp),
    ),
    "dtype": (lambda: np.float32(1), lambda: np.float64(1)),
    "static": (
        lambda: jax.tree_util.Partial(_scaled, np.ones(2)),
        lambda: jax.tree_util.Partial(_scaled, np.zeros(2)),
    ),
}


@pytest.mark.parametrize("pair", _PAIRS)
def test_the_same_is_the_same_and_another_is_not(pair):
    one, other = _PAIRS[pair]
    assert digest((one(),)) == digest((one(),))
    assert digest((one(),)) != digest((other(),))


def _closing_over_itself():
    functions = {}

    def segment(images):
        return functions["segment"](images)

    functions["segment"] = segment
    return segment


def _closing_over_nothing():
    def segment(images):
        return images + never

    if segment is None:
        never = 1
    return segment


@pytest.mark.parametrize("make", [_closing_over_itself, _closing_over_nothing])
def test_any_closure_is_told(make):
    assert digest((make(),)) == digest((make(),))


def told():
    """Digests of what a process would otherwise tell by an address."""
    values = (jnp.float32, np, jax.nn.relu, _network(1), np.array([object()]), _Plain())
    held = [functools.partial(_scaled, value) for value in values]
    return [digest((jax.tree_util.Partial(one, one),)) for one in held]


def test_another_process_tells_the_same():
    code = "from tests.stats.test_fingerprint import told; print(*told())"
    root = pathlib.Path(__file__).parents[2]
    found = subprocess.check_output([sys.executable, "-c", code], cwd=root, text=True)
    assert found.split() == told()
