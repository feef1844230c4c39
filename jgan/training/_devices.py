"""Where the state and the images of a run lie."""

import dataclasses
from typing import Any

import jax
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from jgan.worlds import Batch


@dataclasses.dataclass(frozen=True)
class Devices:
    """Devices that share the images of a step; each holds the whole state.

    Attributes:
        mesh: Of one axis, or None for the default device.
    """

    mesh: Mesh | None

    @property
    def images(self) -> NamedSharding | None:
        """How images lie: divided between the devices."""
        if self.mesh is None:
            return None
        return NamedSharding(self.mesh, PartitionSpec(self.mesh.axis_names[0]))

    def place_state(self, state: Any) -> Any:
        """Returns the state on every device."""
        if self.mesh is None:
            return state
        return jax.device_put(state, NamedSharding(self.mesh, PartitionSpec()))

    def on_one(self, state: Any) -> Any:
        """Returns the state on the first of them, for what none should do twice."""
        if self.mesh is None:
            return state
        return jax.device_put(state, self.mesh.devices.flat[0])

    def place_images(self, batch: Batch) -> Batch:
        """Returns the batch, divided between the devices."""
        return batch if self.mesh is None else jax.device_put(batch, self.images)
