"""EigenGAN's training: jgan jitted against PyTorch eager.

As many steps as there are from one gradient penalty to the next, one of them with it:
generated images, both updates, the averaged generator. Real images are made beforehand.
Every implementation runs in a process of its own, on two cores and with huge pages, and
the processes take turns. jgan shares a batch as `jgan train` does, PyTorch has the
better of two layouts.
"""

from collections.abc import Callable

import numpy as np

from benchmarks import harness
from benchmarks.specs import EIGENGAN, EigenTraining

IMPLEMENTATIONS = ("jgan", "torch-eager")
_REPEATS = 6


def measure_all(
    *, workloads: tuple[str, ...], report: Callable[[str], None]
) -> list[harness.Measurement]:
    """Returns every workload on every implementation.

    Args:
        workloads: Names in `EIGENGAN`.
        report: Told what is being measured.
    """
    return harness.take_turns(
        __spec__.name, workloads, IMPLEMENTATIONS, report=report, huge_pages=True
    )


def measure(workload: str, implementation: str) -> harness.Measurement:
    """Returns one workload on one implementation, measured in this process."""
    spec = EIGENGAN[workload]
    if implementation == "jgan":
        from jgan.training import use_cores

        use_cores()
        results = {"a device a core": _time_jgan(spec)}
    else:
        results = {
            layout: _time_torch(spec, layout)
            for layout in ("contiguous_format", "channels_last")
        }
    variant, (first, times) = min(results.items(), key=lambda r: np.median(r[1][1]))
    config = spec.config
    return harness.Measurement(
        benchmark="eigengan",
        workload=f"{spec.name} batch {config.batch_size}, {config.penalty_every} steps",
        implementation=implementation,
        times_s=tuple(times),
        compile_s=max(first - float(np.median(times)), 0.0),
        peak_memory_bytes=harness.peak_memory_bytes(),
        device=harness.device(),
        variant=variant,
    )


def _time_jgan(spec: EigenTraining) -> tuple[float, list[float]]:
    import functools

    import jax

    from jgan.eigengan import initial_state, train_step
    from jgan.training import mesh_of_cores
    from jgan.training._devices import Devices
    from jgan.worlds import ScenesWorld

    config = spec.config
    devices = Devices(mesh_of_cores(config.batch_size))
    side = config.generator.resolution
    batch = ScenesWorld(side).sample(config.batch_size, key=jax.random.key(0))
    batch = devices.place_images(batch)
    steps = {
        penalized: jax.jit(
            functools.partial(
                train_step,
                config=config,
                penalized=penalized,
                sharding=devices.images,
            ),
            donate_argnums=0,
        )
        for penalized in (True, False)
    }
    state = devices.place_state(initial_state(config))

    def run():
        nonlocal state
        for number in range(config.penalty_every):
            state, _ = steps[number == 0](state, batch)
        jax.block_until_ready(state)

    return harness.time_calls(run, repeats=_REPEATS)


def _time_torch(spec: EigenTraining, layout: str) -> tuple[float, list[float]]:
    import torch

    from benchmarks.torch_eigengan import Trainer

    torch.set_num_threads(harness.THREADS)
    config, size = spec.config, spec.config.batch_size
    memory_format = getattr(torch, layout)
    trainer = Trainer(config, memory_format)
    side = config.generator.resolution
    images = torch.randn(size, 3, side, side).to(memory_format=memory_format)

    def run():
        for number in range(config.penalty_every):
            z = torch.randn(size, config.generator.latent_dim)
            eps = torch.randn(size, config.generator.noise_dim)
            trainer.step(images, z, eps, penalized=number == 0)

    return harness.time_calls(run, repeats=_REPEATS)


if __name__ == "__main__":
    harness.main_of_child(measure, EIGENGAN, IMPLEMENTATIONS)
