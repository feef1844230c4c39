"""What the dissection benchmark times is the same count on both sides."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks import bench_dissection
from benchmarks.specs import DISSECTION
from jgan import ops


@pytest.mark.torch
def test_both_sides_count_the_same():
    import torch

    from benchmarks.torch_dissection import overlap_counts

    spec = dataclasses.replace(
        DISSECTION["64px-64units-11concepts"], units=8, batch_size=3
    )
    maps, thresholds, labels = bench_dissection.inputs(spec)
    both, active = overlap_counts(
        torch.from_numpy(maps).permute(0, 3, 1, 2),
        torch.from_numpy(thresholds),
        torch.from_numpy(labels),
        spec.concepts,
    )
    count = jax.jit(functools.partial(ops.overlap_counts, num_concepts=spec.concepts))
    got = count(
        jnp.asarray(maps),
        jnp.asarray(thresholds),
        jnp.asarray(labels, jnp.int32)[..., None],
    )
    # Pixels within rounding of a threshold may differ; there are none or one here.
    assert np.abs(got.both.T - both.numpy()).sum() <= 2
    assert np.abs(got.active.sum(0) - active.numpy()).sum() <= 2
    assert both.sum() > 100


def test_the_workloads_are_what_they_say():
    for spec in DISSECTION.values():
        spec = dataclasses.replace(spec, units=4, batch_size=2)
        maps, thresholds, labels = bench_dissection.inputs(spec)
        above = (maps > thresholds).mean(axis=(0, 1, 2))
        # 512 values: two or three are above.
        assert (above > 0).all()
        assert (above < 0.006).all()
        assert labels.shape == (2, spec.resolution, spec.resolution)
        for image in labels:
            assert len(np.unique(image)) <= spec.shown
            assert image.max() < spec.concepts
