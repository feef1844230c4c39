"""Memory of a dissection of `scenes64` against the number of images it looks at.

No peer exists: the line to hold is that ten times the images take no more than 5 % and
50 MB more. Each number of images has a process of its own, as memory is its peak: from
when all is compiled, as compiling takes more than most images do. Needs Linux.
"""

from collections.abc import Callable

from benchmarks import harness, resident

IMPLEMENTATIONS = ("jgan",)
WORKLOADS = {"2000-images": 2_000, "20000-images": 20_000}
_LAYERS = ("block1", "block2")
_BATCH = 32


def measure_all(
    *, workloads: tuple[str, ...], report: Callable[[str], None]
) -> list[harness.Measurement]:
    """Returns every workload, each measured once: a pass is long, and its peak steady.

    Args:
        workloads: Names in `WORKLOADS`.
        report: Told what is being measured.
    """
    return harness.take_turns(
        __spec__.name, workloads, IMPLEMENTATIONS, report=report, rounds=1
    )


def measure(workload: str, implementation: str) -> harness.Measurement:
    """Returns all passes over as many images as the workload says, in this process."""
    import jax

    import jgan
    from jgan import dissect, segment

    gan, network = jgan.load("scenes64"), segment.scenes_network()

    def sample(num_images: int, seed: int) -> dissect.Sample:
        key = jax.random.key(seed)
        return dissect.Sample(num_images=num_images, batch_size=_BATCH, key=key)

    def look(num_images: int) -> Callable[[], object]:
        def whole() -> object:
            thresholds = dissect.quantile_thresholds(
                gan, _LAYERS, sample=sample(num_images, 0)
            )
            return dissect.dissect(
                gan, thresholds, segmenter=network, sample=sample(num_images, 1)
            )

        return whole

    first, (again,) = harness.time_calls(look(_BATCH), repeats=1)
    resident.forget_peak()
    whole, _ = harness.time_calls(look(WORKLOADS[workload]), repeats=0)
    return harness.Measurement(
        benchmark="memory",
        workload=f"scenes64 {workload} batch {_BATCH}",
        implementation=implementation,
        times_s=(whole,),
        compile_s=max(first - again, 0.0),
        peak_memory_bytes=harness.peak_memory_bytes(),
        device=harness.device(),
    )


if __name__ == "__main__":
    harness.main_of_child(measure, WORKLOADS, IMPLEMENTATIONS)
