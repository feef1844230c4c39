"""The file from which an interrupted run goes on."""

import json
import os
import pathlib
import zipfile
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.experimental import multihost_utils

# In place of a number of batches.
_REFUSED = -1
# What NumPy and JSON say of files that are cut off, or of another kind.
_DAMAGE = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    EOFError,
    zipfile.BadZipFile,
)


class Saved(NamedTuple):
    """A file of arrays, such as accumulators, and what they belong to.

    Attributes:
        path: Of the file.
        identity: What the run depends on, by what a user calls it.
        shared: Whether all processes collect together. The first then has the file,
            on a disk that the others need not see.
    """

    path: pathlib.Path
    identity: dict[str, str]
    shared: bool = False

    def load(self, empty: Any) -> tuple[Any, int]:
        """Returns what was saved and how many batches it holds, or `empty` and 0.

        Raises:
            ValueError: If the file is damaged, or of another run; the message says in
                what it differs.
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
            # NumPy would leave a damaged file open.
            with (
                self.path.open("rb") as raw,
                np.load(raw, allow_pickle=False) as file,
            ):
                about = json.loads(str(file["about"]))
                saved = about["identity"]
                differ = [k for k, v in self.identity.items() if saved.get(k) != v]
                count = 0 if differ else len(leaves)
                found = [file[f"leaf{i}"] for i in range(count)]
                batches = int(about["batches"])
        except _DAMAGE as error:
            raise ValueError(
                f"{self.path} is damaged, or no saved run: {error}. Remove it, "
                "or give another file."
            ) from error
        if differ:
            raise ValueError(
                f"{self.path} was saved with another {', another '.join(differ)}. "
                "Remove it, or give another file."
            )
        return jax.tree.unflatten(tree, found), batches

    def save(self, arrays: Any, batches: int) -> None:
        """Writes what a number of batches gave, whole or not at all."""
        if self.shared and jax.process_index() > 0:
            return
        leaves = jax.tree.leaves(arrays)
        about = json.dumps({"identity": self.identity, "batches": batches})
        scratch = self.path.with_name(f".{self.path.name}.tmp")
        with scratch.open("wb") as file:
            named = {f"leaf{i}": leaf for i, leaf in enumerate(leaves)}
            np.savez(file, about=np.asarray(about), **named)
        os.replace(scratch, self.path)


def _from_first(tree: Any) -> Any:
    """Returns the arrays that the first process has, in all processes."""
    arrays = jax.tree.map(np.asarray, tree)
    # JAX would make 32 bits of 64.
    sent = jax.tree.map(lambda x: np.frombuffer(x.tobytes(), np.uint8), arrays)
    received = multihost_utils.broadcast_one_to_all(sent)
    restore = lambda like, x: np.frombuffer(x.tobytes(), like.dtype).reshape(like.shape)
    return jax.tree.map(restore, arrays, received)
