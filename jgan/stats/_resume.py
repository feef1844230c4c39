"""The file from which an interrupted collection goes on."""

import dataclasses
import functools
import hashlib
import json
import os
import pathlib
import types
import zipfile
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.experimental import multihost_utils
from jaxtyping import PRNGKeyArray

from jgan.gan import Gan
from jgan.typing import Segmenter


def fingerprint(
    gan: Gan,
    accumulators: Any,
    segmenter: Segmenter | None,
    sizes: tuple[int, ...],
    key: PRNGKeyArray,
) -> dict[str, str]:
    """Returns what a collection depends on, by what a user calls it."""
    return {
        "generator": _digest(
            (gan.params, repr(gan.config), gan.forward, gan.sample_latents)
        ),
        "accumulators": _digest(accumulators),
        "segmenter": _digest((segmenter, getattr(segmenter, "concepts", ()))),
        "num_images and batch_size": ", ".join(map(str, sizes)),
        "key": _digest(jax.random.key_data(key)),
    }


def _digest(tree: Any) -> str:
    sha = hashlib.sha256(str(jax.tree.structure(tree)).encode())
    for leaf in jax.tree.leaves(tree):
        sha.update(_about(leaf).encode())
    return sha.hexdigest()


def _about(value: Any) -> str:
    """Returns what a value is, the same in another process."""
    if isinstance(value, str | bytes | int | float | None):
        return repr(value)
    if hasattr(value, "dtype"):
        array = np.asarray(value)
        digest = hashlib.sha256(array.tobytes()).hexdigest()
        return f"{array.dtype} {array.shape} {digest}"
    if isinstance(value, tuple | list):
        return f"({', '.join(map(_about, value))})"
    if isinstance(value, dict):
        return _about([*value.items()])
    if isinstance(value, functools.partial):
        return _about((value.func, value.args, value.keywords))
    if isinstance(value, types.FunctionType):
        # Without functions, as one may close over itself.
        held = [cell.cell_contents for cell in value.__closure__ or ()]
        closed = [x for x in held if not isinstance(x, types.FunctionType)]
        name = f"{value.__module__}.{value.__qualname__}"
        defaults = (value.__defaults__, value.__kwdefaults__)
        return _about((name, value.__code__, closed, defaults))
    if isinstance(value, types.CodeType):
        # Not its lines: a function may move in its file.
        return f"{value.co_code} {value.co_names} {_about(value.co_consts)}"
    if dataclasses.is_dataclass(value):
        fields = (getattr(value, field.name) for field in dataclasses.fields(value))
        return f"{type(value)} {_about(tuple(fields))}"
    # Other objects may show their address: only their type is told.
    return str(type(value))


# In place of a number of batches.
_REFUSED = -1


class Saved(NamedTuple):
    """A file of accumulators, and what they belong to.

    Attributes:
        path: Of the file.
        identity: From `fingerprint`.
        shared: Whether all processes collect together. The first then has the file,
            on a disk that the others need not see.
    """

    path: pathlib.Path
    identity: dict[str, str]
    shared: bool = False

    def load(self, empty: Any) -> tuple[Any, int]:
        """Returns what was saved and how many batches it holds, or `empty` and 0.

        Raises:
            ValueError: If the file is damaged, or of another collection; the message
                says in what it differs.
        """
        if not self.shared:
            return self._read(empty)
        found, refusal = (empty, 0), None
        if jax.process_index() == 0:
            try:
                found = self._read(empty)
            except (OSError, ValueError) as error:
                # The others wait, and are to be told.
                found, refusal = (empty, _REFUSED), error
        total, batches = _from_first(found)
        if refusal is not None:
            raise refusal
        if batches == _REFUSED:
            raise ValueError(
                f"The first process cannot go on from its {self.path}; its own message "
                "says why."
            )
        return total, int(batches)

    def _read(self, empty: Any) -> tuple[Any, int]:
        if not self.path.exists():
            return empty, 0
        leaves, tree = jax.tree.flatten(empty)
        try:
            with np.load(self.path, allow_pickle=False) as file:
                about = json.loads(str(file["about"]))
                saved = about["identity"]
                differ = [k for k, v in self.identity.items() if saved.get(k) != v]
                count = 0 if differ else len(leaves)
                found = [file[f"leaf{i}"] for i in range(count)]
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(
                f"{self.path} is damaged, or no file of `collect`: {error}. Remove it, "
                "or give another file."
            ) from error
        if differ:
            raise ValueError(
                f"{self.path} was saved with another {', another '.join(differ)}. "
                "Remove it, or give another file."
            )
        return jax.tree.unflatten(tree, found), about["batches"]

    def save(self, accumulators: Any, batches: int) -> None:
        """Writes accumulators that hold a number of batches, whole or not at all."""
        if self.shared and jax.process_index() > 0:
            return
        leaves = jax.tree.leaves(accumulators)
        about = json.dumps({"identity": self.identity, "batches": batches})
        scratch = self.path.with_name(f".{self.path.name}.tmp")
        with scratch.open("wb") as file:
            arrays = {f"leaf{i}": leaf for i, leaf in enumerate(leaves)}
            np.savez(file, about=np.asarray(about), **arrays)
        os.replace(scratch, self.path)


def _from_first(tree: Any) -> Any:
    """Returns the arrays that the first process has, in all processes."""
    arrays = jax.tree.map(np.asarray, tree)
    # JAX would make 32 bits of 64.
    sent = jax.tree.map(lambda x: np.frombuffer(x.tobytes(), np.uint8), arrays)
    received = multihost_utils.broadcast_one_to_all(sent)
    restore = lambda like, x: np.frombuffer(x.tobytes(), like.dtype).reshape(like.shape)
    return jax.tree.map(restore, arrays, received)
