"""What an EigenGAN is trained with."""

import dataclasses

from jgan.models import eigen_discriminator, eigengan


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """What to train, and how. Where not said otherwise, as the published code.

    Attributes:
        generator: Sizes of the generator. If it is ``exact``, its bases are
            orthonormalized in every call, and `orthogonality_weight` means nothing.
        discriminator: Sizes of the discriminator.
        batch_size: Real images a step, and as many generated ones.
        half_steps: Steps at half the resolution, without the generator's last and the
            discriminator's first layer, before both grow: no part of EigenGAN, and a
            step costs about half.
        learning_rate: Of Adam, for both networks.
        beta1: Decay of Adam's mean gradient.
        beta2: Decay of Adam's squared gradient.
        penalty_weight: Of the squared norm of the discriminator's gradient at real
            images (Mescheder et al., 2018; without their half).
        penalty_every: Steps between penalties, by which each is multiplied.
        orthogonality_weight: Of half the squared norm of U^T U - I, summed over layers:
            how much of a basis' error each step takes away. 2 and more diverge.
        flip: Mirror half of the real images, drawn anew in every step.
        color_weight: Of the distance of colors in the generator's loss
            (`jgan.training.colors`), no part of EigenGAN.
        ema_decay: Of the averaged generator, which is the one to keep.
        seed: Of everything that is drawn.
    """

    generator: eigengan.Config
    discriminator: eigen_discriminator.Config
    batch_size: int = 64
    half_steps: int = 0
    learning_rate: float = 1e-4
    beta1: float = 0.5
    beta2: float = 0.999
    penalty_weight: float = 10.0
    penalty_every: int = 3
    orthogonality_weight: float = 1.0
    flip: bool = True
    color_weight: float = 0.0
    ema_decay: float = 0.999
    seed: int = 0

    def __post_init__(self) -> None:
        if self.generator.resolution != self.discriminator.resolution:
            raise ValueError(
                f"The generator makes images of {self.generator.resolution} pixels, "
                f"the discriminator takes {self.discriminator.resolution}."
            )
        if self.half_steps < 0:
            raise ValueError(f"half_steps is {self.half_steps}; give 0 or more.")
        if self.half_steps and self.generator.num_layers < 2:
            raise ValueError(
                f"half_steps is {self.half_steps}, and a generator of one layer has "
                "nothing to grow from; give 0."
            )
        if min(self.batch_size, self.penalty_every) < 1:
            raise ValueError(
                f"batch_size is {self.batch_size} and penalty_every "
                f"{self.penalty_every}; give at least 1."
            )
        if self.learning_rate <= 0:
            raise ValueError(
                f"learning_rate is {self.learning_rate}; it must be positive."
            )
        weights = (self.penalty_weight, self.orthogonality_weight, self.color_weight)
        if min(weights) < 0:
            raise ValueError(
                "penalty_weight, orthogonality_weight and color_weight are "
                f"{weights}; none may be negative."
            )
        if self.orthogonality_weight >= 2:
            raise ValueError(
                f"orthogonality_weight is {self.orthogonality_weight}; bases diverge "
                "with 2 and more. Give less, 1 as published."
            )
        decays = (self.beta1, self.beta2, self.ema_decay)
        if not all(0 <= decay < 1 for decay in decays):
            raise ValueError(
                f"beta1, beta2 and ema_decay are {decays}; each is in [0, 1)."
            )

    @property
    def half(self) -> "TrainConfig":
        """The same for half the resolution, with one layer less."""
        generator, discriminator = self.generator, self.discriminator
        return dataclasses.replace(
            self,
            generator=dataclasses.replace(
                generator, units=generator.units[:-1], dims=generator.dims[:-1]
            ),
            discriminator=dataclasses.replace(
                discriminator, units=discriminator.units[:-1]
            ),
            half_steps=0,
        )
