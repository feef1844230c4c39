"""Rendering the scenes world, with labels and factors, on two threads.

No peer exists: the renderer is jgan's own. The line to hold is 512 scenes in a second.
"""

from collections.abc import Callable

import numpy as np

from benchmarks import harness

IMPLEMENTATIONS = ("jgan",)
# Side of the pictures in pixels.
WORKLOADS = {"scenes64": 64}
_NUM_SCENES = 512
_REPEATS = 5


def measure_all(
    *, workloads: tuple[str, ...], report: Callable[[str], None]
) -> list[harness.Measurement]:
    """Returns every workload.

    Args:
        workloads: Names in `WORKLOADS`.
        report: Told what is being measured.
    """
    return harness.take_turns(__spec__.name, workloads, IMPLEMENTATIONS, report=report)


def measure(workload: str, implementation: str) -> harness.Measurement:
    """Returns one workload, measured in this process."""
    import jax

    from jgan.worlds.scenes import sample_scenes

    def run() -> None:
        key, resolution = jax.random.key(0), WORKLOADS[workload]
        jax.block_until_ready(
            sample_scenes(_NUM_SCENES, resolution=resolution, key=key)
        )

    first, times = harness.time_calls(run, repeats=_REPEATS)
    return harness.Measurement(
        benchmark="rendering",
        workload=f"{workload} batch {_NUM_SCENES}",
        implementation=implementation,
        times_s=tuple(times),
        compile_s=max(first - float(np.median(times)), 0.0),
        peak_memory_bytes=harness.peak_memory_bytes(),
        device=harness.device(),
    )


if __name__ == "__main__":
    harness.main_of_child(measure, WORKLOADS, IMPLEMENTATIONS)
