"""What the loop needs to know of a kind of training, whatever it trains."""

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import numpy as np
from jaxtyping import UInt8

from jgan.worlds import Batch


class Measures(NamedTuple):
    """What is measured of a generator on the way, at every checkpoint.

    Attributes:
        figures: Numbers, and lists of numbers, by name.
        warnings: Sentences, for whoever watches.
    """

    figures: Mapping[str, Any]
    warnings: tuple[str, ...] = ()


@runtime_checkable
class Recipe(Protocol):
    """A kind of training with its config.

    Hashable, and equal to another of the same config: steps are compiled for it. States
    are NamedTuples of arrays with the number of steps done as ``step``.
    """

    @property
    def config(self) -> Any:
        """A frozen dataclass of numbers, written down beside the run."""
        ...

    @property
    def batch_size(self) -> int:
        """Real images a step."""
        ...

    @property
    def resolution(self) -> int:
        """Side of the images in pixels."""
        ...

    @property
    def num_classes(self) -> int:
        """Classes of the images, 0 for none."""
        ...

    @property
    def seed(self) -> int:
        """Of everything that is drawn."""
        ...

    @property
    def growth(self) -> tuple[int, ...]:
        """Steps after which the networks grow, the first growth first."""
        ...

    def initial_state(self) -> Any:
        """Returns the state before the first step. May be traced."""
        ...

    def grow(self, state: Any, growth: int) -> Any:
        """Returns the state of the grown networks. May be traced.

        Args:
            state: Before.
            growth: Which one it is, from 0.
        """
        ...

    def refresh(self, state: Any, step: int) -> Any:
        """Returns the state before a step, or None where it is as it was.

        Not traced: what takes more than a program is found here. Leaves keep shapes and
        dtypes.

        Args:
            state: Before.
            step: The one to come, counted from 1.
        """
        ...

    def stage(self, step: int) -> Hashable:
        """Returns all that is static about a step; steps of one stage share a program.

        Args:
            step: Counted from 1.
        """
        ...

    def advance(
        self,
        state: Any,
        batch: Batch,
        *,
        stage: Any,
        sharding: jax.sharding.Sharding | None,
    ) -> tuple[Any, Any]:
        """Returns the state after a step, and a NamedTuple of what it tells.

        Traced.

        Args:
            state: Before it.
            batch: Real images.
            stage: Of the step.
            sharding: How images lie on devices.
        """
        ...

    def picture(self, state: Any, stage: Any) -> UInt8[np.ndarray, "row col 3"]:
        """Returns a picture of the averaged generator's images.

        Args:
            state: Of the run.
            stage: Of the step that made it.
        """
        ...

    def measure(self, state: Any, stage: Any) -> Measures | None:
        """Returns what there is to say of the generator, or None.

        Args:
            state: Of the run.
            stage: Of the step that made it.
        """
        ...
