"""Channel awareness of all classes: jgan against a loop over classes in PyTorch.

No image is made: both compute gains and biases, of the same latents for every class,
and the mean of what a ReLU leaves. The tail far below zero, where the textbook formula
loses its digits, is in jgan's time alone.
"""

from collections.abc import Callable

import numpy as np

from benchmarks import harness
from benchmarks.specs import AWARENESS, Awareness

IMPLEMENTATIONS = ("jgan", "torch-loop")
_REPEATS = 5


def measure_all(
    *, workloads: tuple[str, ...], report: Callable[[str], None]
) -> list[harness.Measurement]:
    """Returns every workload on every implementation.

    Args:
        workloads: Names in `AWARENESS`.
        report: Told what is being measured.
    """
    return harness.take_turns(__spec__.name, workloads, IMPLEMENTATIONS, report=report)


def measure(workload: str, implementation: str) -> harness.Measurement:
    """Returns one workload on one implementation, measured in this process."""
    spec = AWARENESS[workload]
    time = _time_jgan if implementation == "jgan" else _time_torch
    first, times = time(spec)
    return harness.Measurement(
        benchmark="awareness",
        workload=f"{spec.name} {spec.config.num_classes} x {spec.num_latents}",
        implementation=implementation,
        times_s=tuple(times),
        compile_s=max(first - float(np.median(times)), 0.0),
        peak_memory_bytes=harness.peak_memory_bytes(),
        device=harness.device(),
    )


def _time_jgan(spec: Awareness) -> tuple[float, list[float]]:
    import jax

    from benchmarks.random_gan import random_gan
    from jgan import awareness

    gan = random_gan("biggan", spec.config, name=spec.name)
    key = jax.random.key(0)
    run = lambda: awareness.channel_awareness(
        gan, num_latents=spec.num_latents, key=key
    )
    return harness.time_calls(run, repeats=_REPEATS)


def _time_torch(spec: Awareness) -> tuple[float, list[float]]:
    import torch

    from benchmarks.torch_awareness import awareness
    from benchmarks.torch_biggan import Generator

    torch.set_num_threads(harness.THREADS)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    generator = Generator(spec.config).eval().to(device)
    z = torch.randn(spec.num_latents, spec.config.latent_dim, device=device)

    def run() -> None:
        tables = awareness(generator, z, spec.config.num_classes)
        for table in tables:
            table.cpu()

    with torch.inference_mode():
        return harness.time_calls(run, repeats=_REPEATS)


if __name__ == "__main__":
    harness.main_of_child(measure, AWARENESS, IMPLEMENTATIONS)
