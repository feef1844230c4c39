"""What `collect` runs on the four chips of a TPU v5e host, compiled ahead of time.

The numbers of images and of batches are arguments of the program, and one program is
what is looked at here: neither its memory nor what chips send depends on them.
"""

import math
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.stats._chunk import run_chunk
from jgan.stats._segmenting import as_pytree
from tests import tpu
from tests.generators import make_gan
from tests.stats.planted import SIGNS, empty

pytestmark = tpu.MARKS
LAYER = "block1"
BATCH_SIZE = 16


def _zeros():
    return empty({LAYER: make_gan("biggan").layers[LAYER]})


@pytest.fixture(scope="module")
def mesh():
    kinds = (jax.sharding.AxisType.Auto,)
    return jax.sharding.Mesh(np.array(tpu.devices()), ("image",), axis_types=kinds)


@pytest.fixture(scope="module")
def compiled(mesh):
    everywhere = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())

    def shapes(tree):
        return jax.tree.map(
            lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=everywhere), tree
        )

    gan, zeros, key = shapes((make_gan("biggan"), _zeros(), jax.random.key(0)))
    first, num_batches, num_images = shapes((jnp.int32(0),) * 3)
    return run_chunk.lower(
        gan,
        zeros,
        as_pytree(SIGNS),
        key,
        first,
        num_batches,
        num_images,
        batch_size=BATCH_SIZE,
        mesh=mesh,
    ).compile()


def _sent(text):
    """Where chips talk, and how many numbers each array has that they then share."""
    # Before its name, an operation has its result: an array or a tuple of arrays.
    kinds = "all-gather|all-reduce|all-to-all|reduce-scatter|collective-permute"
    talk = re.compile(rf" = (.*?) (?:{kinds})(?:-start)?\(")
    for line in text.splitlines():
        if line.endswith("{") and not line.startswith(" "):
            place = line.split()[0]
        if found := talk.search(line):
            for sizes in re.findall(r"\b[a-z]+\d+\[([\d,]*)\]", found[1]):
                yield place, math.prod(int(n) for n in sizes.split(",") if n)


def test_chips_send_accumulators_after_all_batches_and_nothing_else(compiled, mesh):
    sent = list(_sent(compiled.as_text()))
    assert {place for place, _ in sent} == {"ENTRY"}
    leaves = jax.tree.leaves(_zeros())
    # Of whether all is finite, and the ends of the labels.
    others = [1, 2]
    allowed = {mesh.size * size for size in [*(x.size for x in leaves), *others]}
    assert {size for _, size in sent} <= allowed
    # So is an activation seen if it is sent, whole or a share of it.
    activation = BATCH_SIZE * math.prod(make_gan("biggan").layers[LAYER])
    assert not {activation, activation // mesh.size} & allowed
    # Every histogram arrives.
    assert max(size for _, size in sent) == mesh.size * max(x.size for x in leaves)


def test_a_chip_needs_memory_for_the_accumulators_of_all(compiled, mesh):
    gathered = mesh.size * sum(x.nbytes for x in jax.tree.leaves(_zeros()))
    # A batch of this generator is small beside them.
    assert compiled.memory_analysis().temp_size_in_bytes < gathered


def test_the_overlap_is_counted_by_the_kernel(compiled):
    assert "overlap_counts.fused" in compiled.as_text()
