"""Memory of cutting an image of a BigGAN-256 into 5 clusters by all layers.

No peer exists: the line to hold is 2 GB of the whole process, weights included, from
when all is compiled, as compiling takes more than an image does. Enlarged to the image,
the features of its pixels would take 2.2 GiB alone. Needs Linux with glibc.
"""

from collections.abc import Callable

import numpy as np

from benchmarks import harness, resident
from benchmarks.specs import AWARENESS

IMPLEMENTATIONS = ("jgan",)
# One image, and several that follow each other.
WORKLOADS = {"1-image": 1, "4-images": 4}


def measure_all(
    *, workloads: tuple[str, ...], report: Callable[[str], None]
) -> list[harness.Measurement]:
    """Returns every workload, each measured once: its peak is steady.

    Args:
        workloads: Names in `WORKLOADS`.
        report: Told what is being measured.
    """
    return harness.take_turns(
        __spec__.name, workloads, IMPLEMENTATIONS, report=report, rounds=1
    )


def measure(workload: str, implementation: str) -> harness.Measurement:
    """Returns the segmentation of a workload's images, in this process."""
    import jax

    from benchmarks.random_gan import untrained_biggan
    from jgan import awareness

    spec, num_images = AWARENESS["biggan256"], WORKLOADS[workload]
    gan = untrained_biggan(spec.config)
    keys = jax.random.split(jax.random.key(0), 3)
    found = awareness.channel_awareness(gan, num_latents=1, key=keys[0])
    latents = gan.sample_latents(num_images, key=keys[1])
    cut = lambda: awareness.segment_images(
        gan, latents, awareness=found, num_clusters=5, key=keys[2]
    )
    first, times = harness.time_calls(lambda: np.asarray(cut()), repeats=2)
    # Gives back what compiling has freed, and forgets its peak.
    resident.growth(lambda: np.asarray(cut()))
    return harness.Measurement(
        benchmark="segments",
        workload=f"{spec.name} all layers {workload}",
        implementation=implementation,
        times_s=tuple(times),
        compile_s=max(first - float(np.median(times)), 0.0),
        peak_memory_bytes=harness.peak_memory_bytes(),
        device=harness.device(),
    )


if __name__ == "__main__":
    harness.main_of_child(measure, WORKLOADS, IMPLEMENTATIONS)
