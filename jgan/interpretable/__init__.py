"""Interpretable GAN: a generator retrained until each filter stands for one concept.

Li et al. (2022), whose equations are not published: a jgan reconstruction. So far, the
partition: `describe_units` tells where each unit of a layer is active,
`partition_units` which are active alike, and `choose_num_groups` how many groups there
are; and the energy model of a layer's activations, which `energy_step` learns and
`langevin` mends activations by.
"""

from jgan.interpretable._config import EnergyConfig as EnergyConfig
from jgan.interpretable._descriptors import (
    Descriptors as Descriptors,
    describe_units as describe_units,
)
from jgan.interpretable._energy import (
    EnergyMetrics as EnergyMetrics,
    EnergyState as EnergyState,
    Scale as Scale,
    energy as energy,
    energy_step as energy_step,
    initial_energy as initial_energy,
    langevin as langevin,
)
from jgan.interpretable._mixture import Fit as Fit, Mixture as Mixture
from jgan.interpretable._partition import (
    DEAD as DEAD,
    GroupCounts as GroupCounts,
    Partition as Partition,
    choose_num_groups as choose_num_groups,
    partition_units as partition_units,
)
