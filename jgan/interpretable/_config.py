"""What an interpretable GAN is trained with."""

import dataclasses

from jgan.models import energy


@dataclasses.dataclass(frozen=True, kw_only=True)
class EnergyConfig:
    """How the energy model of a layer is learned.

    Attributes:
        network: Its sizes.
        num_chains: Samples of the model that go on from step to step.
        num_steps: Steps of every chain between two updates.
        step_size: Standard deviation of what a step of a chain adds, in standard
            deviations of a unit. Chains of a standard normal have its variance but for
            a factor of 1 / (1 - step_size**2 / 4).
        learning_rate: Of Adam.
        average_decay: Of the averaged parameters.
        size_weight: Of the squared output of the network, which keeps it small.
    """

    network: energy.Config = energy.Config()
    num_chains: int = 64
    num_steps: int = 20
    step_size: float = 0.1
    learning_rate: float = 1e-3
    average_decay: float = 0.998
    size_weight: float = 1e-3

    def __post_init__(self) -> None:
        if min(self.num_chains, self.num_steps) < 1:
            raise ValueError(
                f"num_chains is {self.num_chains} and num_steps {self.num_steps}; give "
                "at least 1."
            )
        if not 0 < self.step_size < 1:
            raise ValueError(
                f"step_size is {self.step_size}; give a number between 0 and 1."
            )
        if not 0 <= self.average_decay < 1:
            raise ValueError(
                f"average_decay is {self.average_decay}; give a number in [0, 1)."
            )
        if self.learning_rate <= 0 or self.size_weight < 0:
            raise ValueError(
                f"learning_rate is {self.learning_rate} and size_weight "
                f"{self.size_weight}; the one must be positive, the other not negative."
            )
