"""One step of adversarial training: jgan jitted against PyTorch eager.

The whole step: generated images, both updates, the averaged generator. Real images are
made beforehand. Every implementation runs in a process of its own, on two threads and
with huge pages, and the processes take turns.
"""

from collections.abc import Callable

import numpy as np

from benchmarks import harness
from benchmarks.specs import TRAINING, Training

IMPLEMENTATIONS = ("jgan", "torch-eager")
_REPEATS = 8


def measure_all(
    *, workloads: tuple[str, ...], report: Callable[[str], None]
) -> list[harness.Measurement]:
    """Returns every workload on every implementation.

    Args:
        workloads: Names in `TRAINING`.
        report: Told what is being measured.
    """
    return harness.take_turns(
        __spec__.name, workloads, IMPLEMENTATIONS, report=report, huge_pages=True
    )


def measure(workload: str, implementation: str) -> harness.Measurement:
    """Returns one workload on one implementation, measured in this process."""
    spec = TRAINING[workload]
    if implementation == "jgan":
        results = {"": _time_jgan(spec)}
    else:
        results = {
            layout: _time_torch(spec, layout)
            for layout in ("contiguous_format", "channels_last")
        }
    variant, (first, times) = min(results.items(), key=lambda r: np.median(r[1][1]))
    return harness.Measurement(
        benchmark="training",
        workload=f"{spec.name} batch {spec.config.batch_size}",
        implementation=implementation,
        times_s=tuple(times),
        compile_s=max(first - float(np.median(times)), 0.0),
        peak_memory_bytes=harness.peak_memory_bytes(),
        device=harness.device(),
        variant=variant,
    )


def _time_jgan(spec: Training) -> tuple[float, list[float]]:
    import functools

    import jax

    from jgan.training import initial_state, train_step
    from jgan.worlds import ScenesWorld

    config = spec.config
    batch = ScenesWorld().sample(config.batch_size, key=jax.random.key(0))
    step = jax.jit(functools.partial(train_step, config=config), donate_argnums=0)
    state = initial_state(config)

    def run():
        nonlocal state
        state, metrics = step(state, batch)
        jax.block_until_ready((state, metrics))

    return harness.time_calls(run, repeats=_REPEATS)


def _time_torch(spec: Training, layout: str) -> tuple[float, list[float]]:
    import torch

    from benchmarks.torch_training import Trainer

    torch.set_num_threads(harness.THREADS)
    config, size = spec.config, spec.config.batch_size
    memory_format = getattr(torch, layout)
    trainer = Trainer(config, memory_format)
    side, classes = config.generator.resolution, config.generator.num_classes
    images = torch.randn(size, 3, side, side).to(memory_format=memory_format)
    labels = torch.randint(0, classes, (size,))

    def run():
        z = torch.randn(size, config.generator.latent_dim)
        trainer.step(images, labels, z, torch.randint(0, classes, (size,)))

    return harness.time_calls(run, repeats=_REPEATS)


if __name__ == "__main__":
    harness.main_of_child(measure, TRAINING, IMPLEMENTATIONS)
