"""Sampling from a generator: jgan jitted, PyTorch eager and PyTorch compiled.

Every implementation runs in a process of its own, on two threads or the graphics card
if there is one, and the processes take turns for a few rounds, so that a drift of the
machine meets them all. Of BigGAN-deep the peer is pytorch-pretrained-biggan itself, and
of StyleGAN2 also flaxmodels, where it is installed.
"""

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import harness
from benchmarks.specs import SAMPLING, Sampling

IMPLEMENTATIONS = (
    "jgan",
    "torch-eager",
    "torch-compile",
    "hf-torch-eager",
    "flaxmodels",
)
_REPEATS = 5
# A step that has statistics of its own: nothing to interpolate, for either.
_TRUNCATION = 0.4


def measure_all(
    *, workloads: tuple[str, ...], report: Callable[[str], None]
) -> list[harness.Measurement]:
    """Returns every workload on every implementation that has it.

    Args:
        workloads: Names in `SAMPLING`.
        report: Told what is being measured.
    """
    measurements = []
    for workload in workloads:
        family = SAMPLING[workload].family
        implementations = IMPLEMENTATIONS[:3]
        if family == "biggan-deep":
            implementations = ("jgan", "hf-torch-eager")
        elif family == "stylegan2" and importlib.util.find_spec("flaxmodels"):
            implementations += ("flaxmodels",)
        measurements += harness.take_turns(
            __spec__.name, [workload], implementations, report=report
        )
    return measurements


def measure(workload: str, implementation: str) -> harness.Measurement:
    """Returns one workload on one implementation, measured in this process."""
    spec = SAMPLING[workload]
    if implementation == "jgan":
        results = {"": _time_jgan(spec)}
    elif implementation == "flaxmodels":
        results = {
            "fused" if fused else "unfused": _time_flaxmodels(spec, fused)
            for fused in (False, True)
        }
    else:
        results = {
            layout: _time_torch(spec, layout, implementation)
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

    from benchmarks.random_gan import random_gan

    gan = random_gan(spec.family, spec.config, name=spec.name)
    truncation = _TRUNCATION if spec.family == "biggan-deep" else None
    latents = gan.sample_latents(
        spec.batch_size, truncation=truncation, key=jax.random.key(0)
    )
    sample = jax.jit(lambda params, latents: gan.forward(params, latents)[0])
    run = lambda: jax.block_until_ready(sample(gan.params, latents))
    return harness.time_calls(run, repeats=_REPEATS)


def _time_flaxmodels(spec: Sampling, fused: bool) -> tuple[float, list[float]]:
    from benchmarks import flaxmodels_stylegan2
    from jgan.models import stylegan2

    if not isinstance(spec.config, stylegan2.Config):
        raise ValueError(f"{spec.name} is a {spec.family}, which flaxmodels has not.")
    run = flaxmodels_stylegan2.sampler(
        spec.config, batch_size=spec.batch_size, fused=fused
    )
    return harness.time_calls(run, repeats=_REPEATS)


def _time_torch(
    spec: Sampling, layout: str, implementation: str
) -> tuple[float, list[float]]:
    import torch

    torch.set_num_threads(harness.THREADS)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    module, inputs = _torch_module(spec)
    module = module.eval().to(device, memory_format=getattr(torch, layout))
    inputs = [x.to(device) if isinstance(x, torch.Tensor) else x for x in inputs]
    if implementation == "torch-compile":
        module = torch.compile(module)

    def run() -> None:
        module(*inputs)
        if device == "cuda":
            torch.cuda.synchronize()

    with torch.inference_mode():
        return harness.time_calls(run, repeats=_REPEATS)


def _torch_module(spec: Sampling) -> tuple[Any, list[Any]]:
    import torch

    z = torch.randn(spec.batch_size, spec.config.latent_dim)
    num_classes = max(1, spec.config.num_classes)
    labels = torch.randint(0, num_classes, (spec.batch_size,))
    if spec.family == "biggan-deep":
        from pytorch_pretrained_biggan import (  # pyright: ignore[reportMissingImports]
            BigGAN,
            BigGANConfig,
        )

        hot = torch.nn.functional.one_hot(labels, spec.config.num_classes).float()
        # Its default is the one of 128 pixels, and jgan's.
        return BigGAN(BigGANConfig()), [z, hot, _TRUNCATION]
    from benchmarks import torch_biggan, torch_dcgan, torch_stylegan2
    from jgan.models import stylegan2

    if isinstance(spec.config, stylegan2.Config):
        return torch_stylegan2.Generator(spec.config), [z]
    twin = {"biggan": torch_biggan, "dcgan": torch_dcgan}[spec.family]
    module: Any = twin.Generator(spec.config)
    return module, [z, labels]


if __name__ == "__main__":
    harness.main_of_child(measure, SAMPLING, IMPLEMENTATIONS)
