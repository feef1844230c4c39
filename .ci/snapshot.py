"""Packs the last checkpoint of a training run into one small file, and unpacks it.

    python .ci/snapshot.py pack RUN .ci/scenes64.safetensors
    python .ci/snapshot.py unpack .ci/scenes64.safetensors RUN
    jgan train scenes64 --out RUN --resume --steps N

For a training that spans several machines. Half precision halves the file; the run goes
on close to where it was, not bit for bit. The averaged generator is the shipped one.
"""

import json
import pathlib
import sys

import jax
import jax.numpy as jnp
import numpy as np
import safetensors.numpy

import jgan
from jgan.training import PRESETS, State, _checkpoints, initial_state
from jgan.training._folder import write_config
from jgan.training.state import grow

_CONFIG = PRESETS["scenes64"].config
# Adam keeps no mean gradient here, and the average is in the shipped weights.
_LEFT_OUT = (".ema.", ".mu.")


def pack(run: pathlib.Path, file: pathlib.Path) -> None:
    """Writes the last checkpoint of a run to a file."""
    with _checkpoints.open_checkpoints(run / "checkpoints") as manager:
        state = _checkpoints.restore(manager, _CONFIG, manager.latest_step())
    arrays = {
        name: np.asarray(_narrow(name, leaf))
        for name, leaf in _named(state)
        if not any(part in f".{name}." for part in _LEFT_OUT)
    }
    log = (run / "metrics.jsonl").read_text()
    safetensors.numpy.save_file(arrays, file, metadata={"log": log})
    print(f"{file}: step {int(state.step)}, {file.stat().st_size / 2**20:.1f} MiB")


def unpack(file: pathlib.Path, run: pathlib.Path) -> None:
    """Makes a run's folder, with one checkpoint, of a file."""
    arrays = safetensors.numpy.load_file(file)
    state = _grown()
    average = jax.tree.leaves(jgan.load("scenes64").params["params"])
    leaves = []
    for name, leaf in _named(state):
        wide = arrays.get(name, np.zeros(leaf.shape))
        leaves.append(jnp.asarray(wide, leaf.dtype).reshape(leaf.shape))
    filled = jax.tree.unflatten(jax.tree.structure(state), leaves)
    ema = jax.tree.unflatten(jax.tree.structure(filled.ema), average)
    run.mkdir(parents=True)
    write_config(run, _CONFIG)
    (run / "metrics.jsonl").write_text(_log(file))
    with _checkpoints.open_checkpoints(run / "checkpoints") as manager:
        _checkpoints.save(manager, filled._replace(ema=ema))
    print(f"{run}: step {int(filled.step)}")


def _grown() -> State:
    start = jax.eval_shape(lambda: initial_state(_CONFIG))
    return jax.eval_shape(lambda state: grow(_CONFIG, state), start)


def _named(state: State):
    for path, leaf in jax.tree.leaves_with_path(state):
        yield jax.tree_util.keystr(path, simple=True, separator="."), leaf


def _narrow(name: str, leaf):
    # A squared gradient can be smaller than float16 holds; its digits do not matter.
    if ".nu." in name:
        return leaf.astype(jnp.bfloat16)
    return leaf.astype(jnp.float16) if leaf.dtype == jnp.float32 else leaf


def _log(file: pathlib.Path) -> str:
    with safetensors.safe_open(file, framework="numpy") as opened:
        lines = opened.metadata()["log"].splitlines()
    return "".join(f"{line}\n" for line in lines if json.loads(line))


if __name__ == "__main__":
    command, source, target = sys.argv[1:]
    {"pack": pack, "unpack": unpack}[command](*map(pathlib.Path, (source, target)))
