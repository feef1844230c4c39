"""What an interpretable GAN is trained with."""

import dataclasses

import jax

from jgan.models import discriminators, energy


# Static: a pytree without leaves, so that an edit can hold it.
@jax.tree_util.register_static
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
        data_noise: Standard deviation of what is added to real activations, in standard
            deviations of a unit. They lie near few dimensions, and a density without
            width in the others has no stationary chains: without noise, those of
            scenes64 and of faces-digiface broke out after 2,500 steps of training.
            Chains diverge where the density is narrower than half of `step_size`; it
            is as wide as the noise, four times that, at the least.
        learning_rate: Of Adam.
        average_decay: Of the averaged parameters.
        size_weight: Of the squared output of the network, for each number of an
            activation, which keeps it small.
    """

    network: energy.Config = energy.Config()
    num_chains: int = 32
    num_steps: int = 5
    step_size: float = 0.1
    data_noise: float = 0.2
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
        if self.learning_rate <= 0 or min(self.size_weight, self.data_noise) < 0:
            raise ValueError(
                f"learning_rate is {self.learning_rate}, size_weight "
                f"{self.size_weight} and data_noise {self.data_noise}; the first must "
                "be positive, the others not negative."
            )


# Forms of the interpretability loss; see `jgan.interpretable._losses`.
INTERPRETABILITY = ("exclusivity", "similarity")


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How a generator is made interpretable. All of it a jgan reconstruction.

    Weights go with those of locality and fidelity that `default_config` sets. They are
    of the few that were tried, not of a search.

    Attributes:
        layer: Whose units are to stand for concepts.
        num_groups: How many groups they are partitioned into.
        discriminator: Sizes of the discriminator, which learns anew: checkpoints of
            generators come without.
        energy: How the energy model of the layer is learned.
        interpretability: Form of the interpretability loss: ``"exclusivity"`` or
            ``"similarity"``.
        adversarial_weight: Of the adversarial loss of the generator.
        partition_weight: Of the partition loss.
        realism_weight: Of the energy of activations, per number. With 1, groups came
            to be active most at the edges of images, where it changes little.
        interpretability_weight: Of the interpretability loss.
        locality_weight: Of the locality loss, which swaps a group in each step. The
            paper measures locality and has no such loss: 0 is as published.
        fidelity_weight: Of the squared difference from the image that the generator as
            it was makes of the same latents. The paper has no such loss, and 0 is as
            published.
        warmup: Steps in which the discriminator and the energy model learn, and the
            generator stays.
        partition_every: Steps between partitions, the first before the first step.
        num_described: Images that a partition is found on.
        num_components: Dimensions of the descriptors of units.
        batch_size: Real images a step, and as many generated ones; 3 or more, as a
            unit's rest is its median over them.
        generator_rate: Learning rate of Adam; low, as the generator is trained already.
        discriminator_rate: Learning rate.
        beta1: Decay of Adam's mean gradient.
        beta2: Decay of Adam's squared gradient.
        ema_decay: Of the averaged generator, which is the one to keep.
        seed: Of everything that is drawn.
    """

    layer: str
    num_groups: int
    discriminator: discriminators.Config
    energy: EnergyConfig = EnergyConfig()
    interpretability: str = "exclusivity"
    adversarial_weight: float = 1.0
    partition_weight: float = 0.3
    realism_weight: float = 10.0
    interpretability_weight: float = 20.0
    locality_weight: float = 0.0
    fidelity_weight: float = 0.0
    warmup: int = 500
    partition_every: int = 500
    num_described: int = 256
    num_components: int = 16
    batch_size: int = 32
    generator_rate: float = 5e-5
    discriminator_rate: float = 2e-4
    beta1: float = 0.0
    beta2: float = 0.999
    ema_decay: float = 0.999
    seed: int = 0

    def __post_init__(self) -> None:
        if self.interpretability not in INTERPRETABILITY:
            raise ValueError(
                f"interpretability is {self.interpretability!r}; give one of "
                f"{', '.join(map(repr, INTERPRETABILITY))}."
            )
        weights = (
            self.adversarial_weight,
            self.partition_weight,
            self.realism_weight,
            self.interpretability_weight,
            self.locality_weight,
            self.fidelity_weight,
        )
        if min(weights) < 0:
            raise ValueError(
                f"The weights of losses are {weights}; none may be negative."
            )
        if self.num_groups < 2:
            raise ValueError(f"num_groups is {self.num_groups}; give at least 2.")
        counts = (self.partition_every, self.num_described, self.num_components)
        if min(counts) < 1 or self.batch_size < 3 or self.warmup < 0:
            raise ValueError(
                f"partition_every, num_described and num_components are {counts}, "
                f"batch_size {self.batch_size} and warmup {self.warmup}; give at least "
                "1, of images 3, and for warmup 0."
            )
        if min(self.generator_rate, self.discriminator_rate) <= 0:
            raise ValueError(
                f"The learning rates {self.generator_rate} and "
                f"{self.discriminator_rate} must be positive."
            )
        decays = (self.beta1, self.beta2, self.ema_decay)
        if not all(0 <= decay < 1 for decay in decays):
            raise ValueError(
                f"beta1, beta2 and ema_decay are {decays}; each is in [0, 1)."
            )
