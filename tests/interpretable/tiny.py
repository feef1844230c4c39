"""A training that is over in seconds."""

from jgan.interpretable import EnergyConfig, TrainConfig
from jgan.models import discriminators, energy

LAYER = "block0"
CONFIG = TrainConfig(
    layer=LAYER,
    num_groups=3,
    discriminator=discriminators.Config(units=(8, 8), num_classes=5),
    energy=EnergyConfig(
        network=energy.Config(width=4, hidden=8), num_chains=8, num_steps=2
    ),
    warmup=2,
    partition_every=4,
    num_described=16,
    num_components=4,
    batch_size=8,
    generator_rate=1e-3,
)
