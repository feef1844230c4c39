"""Which units of a generator draw which concepts? On all devices of one or many hosts.

One machine: a TPU VM, several GPUs, or a CPU, here as eight devices.

    python examples/02_dissect_on_a_pod.py
    XLA_FLAGS=--xla_force_host_platform_device_count=8 \
        python examples/02_dissect_on_a_pod.py

A TPU pod, every host of which has a copy of jgan:

    gcloud compute tpus tpu-vm ssh NAME --zone ZONE --worker=all \
        --command "cd jgan && python examples/02_dissect_on_a_pod.py --distributed"

SLURM, with one process a node:

    srun --nodes 4 --ntasks-per-node 1 \
        python examples/02_dissect_on_a_pod.py --distributed

By hand, where nothing tells a process who it is: add ``--coordinator HOST:PORT
--num-processes 2 --process-id 0``, and on the other host ``--process-id 1``.

Any of these sees the same images, counts the same, and goes on after an interruption:
the first process, which alone writes, saves what is done to `out`, and tells the others
where to begin. It leaves `out/units.jsonl`, a line for each unit.
"""

import json
import pathlib

import jax
import tyro

import jgan
from jgan import dissect
from jgan.segment import scenes_network


def main(
    model: str = "scenes64",
    *,
    layers: tuple[str, ...] = (),
    num_images: int = 1000,
    per_device: int = 16,
    out: pathlib.Path = pathlib.Path("units"),
    seed: int = 0,
    distributed: bool = False,
    coordinator: str | None = None,
    num_processes: int | None = None,
    process_id: int | None = None,
) -> None:
    """Writes what each unit overlaps with most.

    Args:
        model: A generator of scenes: name in `jgan models`, or a folder.
        layers: Which; all by default.
        num_images: How many, for thresholds and again for units and concepts.
        per_device: Images at a time on each device.
        out: Folder to write.
        seed: Another number, other images.
        distributed: There are more processes than this one.
        coordinator: Address of the first, if the cluster does not tell.
        num_processes: How many, if the cluster does not tell.
        process_id: Which this is, if the cluster does not tell.
    """
    if distributed:
        jax.distributed.initialize(coordinator, num_processes, process_id)
    first = jax.process_index() == 0
    gan = jgan.load(model)
    mesh = jax.make_mesh(
        (jax.device_count(),), ("image",), axis_types=(jax.sharding.AxisType.Auto,)
    )

    def tell(doing: str, share: float) -> None:
        if first:
            print(f"{doing}: {share:.0%}", flush=True)

    def sample(name: str, key: jax.Array) -> dissect.Sample:
        return dissect.Sample(
            num_images=num_images,
            batch_size=per_device * mesh.size,
            mesh=mesh,
            resume=out / name,
            progress=tell,
            key=key,
        )

    before, after = jax.random.split(jax.random.key(seed))
    thresholds = dissect.quantile_thresholds(
        gan, layers or tuple(gan.layers), sample=sample("thresholds", before)
    )
    found = dissect.dissect(
        gan, thresholds, segmenter=scenes_network(), sample=sample("overlap", after)
    )
    if first:
        lines = [line for one in found.values() for line in describe(one)]
        (out / "units.jsonl").write_text("".join(f"{line}\n" for line in lines))
        print(f"{len(lines)} units are in {out / 'units.jsonl'}")


def describe(layer: dissect.LayerDissection) -> list[str]:
    """Returns a line of JSON for each unit, named or not."""
    best, counts = layer.best_concepts, layer.overlap
    return [
        json.dumps(
            {
                "layer": layer.layer,
                "unit": unit,
                "concept": layer.concepts[concept],
                "named": bool(layer.named[unit]),
                "iou": float(layer.best_ious[unit]),
                "pixels of both": int(counts.both[unit, concept]),
                "pixels of the unit": int(counts.active[unit].sum()),
            }
        )
        for unit, concept in enumerate(best)
    ]


if __name__ == "__main__":
    tyro.cli(main)
