"""What an EigenGAN is trained with."""

import dataclasses
from typing import Any

from jgan.models import eigen_discriminator, eigengan


@dataclasses.dataclass(frozen=True, kw_only=True)
class Change:
    """What is different from some step of a run on; None is as before.

    Attributes:
        after: Steps before it.
        learning_rate: As `TrainConfig` has it.
        penalty_weight: As there. Positive if the config's is, and else 0.
        basis_step: As there, but that a number cannot change back to None.
        class_weight: As there.
        importance_decays: As there: importances are set before the next step.
    """

    after: int
    learning_rate: float | None = None
    penalty_weight: float | None = None
    basis_step: float | None = None
    class_weight: float | None = None
    importance_decays: tuple[float, ...] | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """What to train, and how. Where not said otherwise, as the published code.

    Attributes:
        generator: Sizes of the generator. If it is ``exact``, its bases are
            orthonormalized in every call, and `orthogonality_weight` means nothing.
        discriminator: Sizes of the discriminator.
        batch_size: Real images a step, and as many generated ones.
        growth: Steps after which both networks grow by a layer to twice the
            resolution, as often as there are numbers (Karras et al., 2018): no part of
            EigenGAN. Layers that learn together leave the first ones nothing to do.
        changes: What is different later, until another change of the same.
        learning_rate: Of Adam, for both networks.
        beta1: Decay of Adam's mean gradient.
        beta2: Decay of Adam's squared gradient.
        penalty_weight: Of the squared norm of the discriminator's gradient at real
            images (Mescheder et al., 2018; without their half).
        penalty_every: Steps between penalties, by which each is multiplied.
        basis_step: How far about a step moves a dimension, whose norm is 1, in learning
            rates (jgan reconstruction). None as published, where it is the root of the
            numbers of a dimension: 222 for 32 x 32 pixels and 48 units. At a rate of
            4e-4 such ones turned in 500 steps to a cosine of 0.46 with themselves, and
            with 8 to one of 0.99, while kernels keep 0.98 or more.
        importance_decays: For each layer, what the importance of a dimension is set to
            once, in parts of the next larger one (jgan reconstruction), and 0 for a
            layer that is left as it is; the sum of squares stays. None as published,
            where they start at 18, 15, … 3 for six dimensions: so near to each other,
            they leave a layer's dimensions open, as others that span the same make
            almost the same images.
        orthogonality_weight: Of half the squared norm of U^T U - I, summed over layers:
            how much of a basis' error each step takes away. 2 and more diverge.
        flip: Mirror half of the real images, drawn anew in every step.
        color_weight: Of the distance of colors in the generator's loss
            (`jgan.training.colors`), no part of EigenGAN.
        class_weight: Of what images tell about their class, in the generator's loss:
            the information, in nats, that the discriminator has of the class of one
            generated image (jgan reconstruction, after Springenberg, 2016). Where a
            continuous input decides the class, what lies between two is of neither.
        longest_step: Root mean square of the step of an array of parameters, in
            learning rates; longer ones are shortened. Adam's own is below 1 where
            gradients are as they were before, and up to 16 where one is many times as
            large. None as published.
        ema_decay: Of the averaged generator, which is the one to keep.
        seed: Of everything that is drawn.
    """

    generator: eigengan.Config
    discriminator: eigen_discriminator.Config
    batch_size: int = 64
    growth: tuple[int, ...] = ()
    changes: tuple[Change, ...] = ()
    learning_rate: float = 1e-4
    beta1: float = 0.5
    beta2: float = 0.999
    penalty_weight: float = 10.0
    penalty_every: int = 3
    basis_step: float | None = None
    importance_decays: tuple[float, ...] | None = None
    orthogonality_weight: float = 1.0
    flip: bool = True
    color_weight: float = 0.0
    class_weight: float = 0.0
    longest_step: float | None = None
    ema_decay: float = 0.999
    seed: int = 0

    def __post_init__(self) -> None:
        if self.generator.resolution != self.discriminator.resolution:
            raise ValueError(
                f"The generator makes images of {self.generator.resolution} pixels, "
                f"the discriminator takes {self.discriminator.resolution}."
            )
        if [*self.growth] != sorted({step for step in self.growth if step > 0}):
            raise ValueError(
                f"growth is {self.growth}; give steps, each after the one before."
            )
        if len(self.growth) >= self.generator.num_layers:
            raise ValueError(
                f"growth is {self.growth}, which is as often as the generator has "
                f"layers, {self.generator.num_layers}, or more; it starts with one."
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
        if self.basis_step is not None and self.basis_step <= 0:
            raise ValueError(
                f"basis_step is {self.basis_step}; give a positive number, or None."
            )
        decays, num_layers = self.importance_decays, self.generator.num_layers
        if decays is not None and (
            len(decays) != num_layers or not all(0 <= decay < 1 for decay in decays)
        ):
            raise ValueError(
                f"importance_decays are {decays}; give a number in [0, 1) for each of "
                f"{num_layers} layers, or None."
            )
        weights = (
            self.penalty_weight,
            self.orthogonality_weight,
            self.color_weight,
            self.class_weight,
        )
        if min(weights) < 0:
            raise ValueError(
                "penalty_weight, orthogonality_weight, color_weight and class_weight "
                f"are {weights}; none may be negative."
            )
        if self.class_weight and not self.discriminator.num_classes:
            raise ValueError(
                f"class_weight is {self.class_weight}, and the discriminator tells no "
                "classes apart. Give it a num_classes, or no class_weight."
            )
        if self.orthogonality_weight >= 2:
            raise ValueError(
                f"orthogonality_weight is {self.orthogonality_weight}; bases diverge "
                "with 2 and more. Give less, 1 as published."
            )
        if self.longest_step is not None and self.longest_step <= 0:
            raise ValueError(
                f"longest_step is {self.longest_step}; give a positive number, or None."
            )
        decays = (self.beta1, self.beta2, self.ema_decay)
        if not all(0 <= decay < 1 for decay in decays):
            raise ValueError(
                f"beta1, beta2 and ema_decay are {decays}; each is in [0, 1)."
            )

        self._check_changes()

    def _check_changes(self) -> None:
        afters = [change.after for change in self.changes]
        if afters != sorted({after for after in afters if after > 0}):
            raise ValueError(
                f"changes are after {afters}; give steps, each after the one before."
            )
        for after in afters:
            # Makes the config of those steps, which checks it as any other.
            try:
                later = self._changed(after + 1).penalty_weight
            except ValueError as error:
                raise ValueError(f"After step {after}, {error}") from None
            if (later > 0) != (self.penalty_weight > 0):
                raise ValueError(
                    f"penalty_weight is {self.penalty_weight}, later {later}; both or "
                    "neither may be 0."
                )

    def without_classes(self) -> "TrainConfig":
        """Returns the config for real images whose classes are not known."""
        discriminator = dataclasses.replace(self.discriminator, num_classes=0)
        changes = [dataclasses.replace(one, class_weight=None) for one in self.changes]
        return dataclasses.replace(
            self,
            discriminator=discriminator,
            changes=tuple(changes),
            class_weight=0.0,
        )

    def _changed(self, step: int) -> "TrainConfig":
        fields: dict[str, Any] = {}
        for change in self.changes:
            given = dataclasses.asdict(change) if step > change.after else {}
            fields |= {
                name: value
                for name, value in given.items()
                if name != "after" and value is not None
            }
        return dataclasses.replace(self, changes=(), **fields)

    def at(self, step: int) -> "TrainConfig":
        """Returns the config of one step, in which nothing grows or changes.

        Args:
            step: Counted from 1.
        """
        whole = self.generator.num_layers
        layers = whole - sum(step <= after for after in self.growth)
        changed = self._changed(step)
        decays = changed.importance_decays
        return dataclasses.replace(
            changed,
            importance_decays=None if decays is None else decays[:layers],
            generator=dataclasses.replace(
                self.generator,
                units=self.generator.units[: layers + 1],
                dims=self.generator.dims[:layers],
            ),
            discriminator=dataclasses.replace(
                self.discriminator, units=self.discriminator.units[: layers + 1]
            ),
            growth=(),
        )
