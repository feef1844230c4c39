"""Sampling from a generator: jgan jitted, PyTorch eager and PyTorch compiled.

Every implementation runs in a process of its own, on two threads, and the processes
take turns for a few rounds, so that a drift of the machine meets them all.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import harness
from benchmarks.specs import SAMPLING, Sampling

IMPLEMENTATIONS = ("jgan", "torch-eager", "torch-compile")
_REPEATS = 5


def measure_all(
    *, workloads: tuple[str, ...], report: Callable[[str], None]
) -> list[harness.Measurement]:
    """Returns every workload on every implementation.

    Args:
        workloads: Names in `SAMPLING`.
        report: Told what is being measured.
    """
    return harness.take_turns(__spec__.name, workloads, IMPLEMENTATIONS, report=report)


def measure(workload: str, implementation: str) -> harness.Measurement:
    """Returns one workload on one implementation, measured in this process."""
    spec = SAMPLING[workload]
    if implementation == "jgan":
        results = {"": _time_jgan(spec)}
    else:
        compiled = implementation == "torch-compile"
        results = {
            layout: _time_torch(spec, layout, compiled=compiled)
            for layout in ("contiguous_format", "channels_last")
        }
    variant, (first, times) = min(results.items(), key=lambda r: np.median(r[1][1]))
    return harness.Measurement(
        benchmark="sampling",
        workload=f"{spec.name} batch {spec.batch_size}",
        implementation=implementation,
        times_s=tuple(times),
        compile_s=max(first - float(np.median(times)), 0.0),
        peak_memory_bytes=harness.peak_memory_bytes(),
        device=harness.device(),
        variant=variant,
    )


def _time_jgan(spec: Sampling) -> tuple[float, list[float]]:
    import jax

    from jgan.convert.assemble import assemble, expected_params

    shapes = expected_params(spec.family, spec.config)
    leaves, tree = jax.tree.flatten(shapes)
    rng = np.random.default_rng(0)
    arrays = [rng.uniform(0.01, 0.02, s.shape).astype(np.float32) for s in leaves]
    params = jax.tree.unflatten(tree, arrays)
    gan = assemble(spec.family, spec.config, params, name=spec.name)
    latents = gan.sample_latents(spec.batch_size, key=jax.random.key(0))
    sample = jax.jit(lambda params, latents: gan.forward(params, latents)[0])
    run = lambda: jax.block_until_ready(sample(gan.params, latents))
    return harness.time_calls(run, repeats=_REPEATS)


def _time_torch(
    spec: Sampling, layout: str, *, compiled: bool
) -> tuple[float, list[float]]:
    import torch

    from benchmarks import torch_biggan, torch_dcgan

    torch.set_num_threads(harness.THREADS)
    twin = {"biggan": torch_biggan, "dcgan": torch_dcgan}[spec.family]
    module: Any = twin.Generator(spec.config).eval()
    module = module.to(memory_format=getattr(torch, layout))
    if compiled:
        module = torch.compile(module)
    with torch.inference_mode():
        z = torch.randn(spec.batch_size, spec.config.latent_dim)
        labels = torch.randint(0, spec.config.num_classes, (spec.batch_size,))
        return harness.time_calls(lambda: module(z, labels), repeats=_REPEATS)


if __name__ == "__main__":
    harness.main_of_child(measure, SAMPLING, IMPLEMENTATIONS)
