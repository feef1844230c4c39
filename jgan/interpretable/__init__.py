"""Interpretable GAN: a generator retrained until each filter stands for one concept.

Li et al. (2022), whose equations are not published: a jgan reconstruction. Start with
`describe_units`, which tells where each unit of a layer is active, and
`partition_units`, which finds those that are active alike; `default_num_groups` tells
into how many groups. `train` makes units of a group more alike and swaps more local,
and needs no data. With a partition, `swap` puts a concept of one image into another,
`group_regions` tells where it is, and `agreement` how well the partition fits.
`energy_step` learns how likely activations are, `energy_gap` whether it has learned
that, and `refine` makes edited ones more so.
"""

from jgan.interpretable._agreement import (
    Agreement as Agreement,
    agreement as agreement,
)
from jgan.interpretable._baselines import (
    Swaps as Swaps,
    latent_pairs as latent_pairs,
    swap_locality as swap_locality,
    swap_pairs as swap_pairs,
)
from jgan.interpretable._config import (
    EnergyConfig as EnergyConfig,
    TrainConfig as TrainConfig,
)
from jgan.interpretable._corruptions import (
    EnergyGap as EnergyGap,
    energy_gap as energy_gap,
)
from jgan.interpretable._defaults import (
    default_config as default_config,
    default_layer as default_layer,
    default_num_groups as default_num_groups,
)
from jgan.interpretable._descriptors import (
    Descriptors as Descriptors,
    describe_units as describe_units,
    normalized_maps as normalized_maps,
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
from jgan.interpretable._groups import (
    Groups as Groups,
    group_centers as group_centers,
)
from jgan.interpretable._learned import (
    LEARNED as LEARNED,
    Learned as Learned,
    load_learned as load_learned,
    save_learned as save_learned,
)
from jgan.interpretable._losses import (
    exclusivity_loss as exclusivity_loss,
    locality_loss as locality_loss,
    partition_loss as partition_loss,
    similarity_loss as similarity_loss,
)
from jgan.interpretable._mixture import Fit as Fit, Mixture as Mixture
from jgan.interpretable._originals import Originals as Originals
from jgan.interpretable._partition import (
    CANDIDATES as CANDIDATES,
    DEAD as DEAD,
    GroupCounts as GroupCounts,
    Partition as Partition,
    check_partition as check_partition,
    choose_num_groups as choose_num_groups,
    partition_units as partition_units,
    silhouette as silhouette,
)
from jgan.interpretable._recipe import (
    learned as learned,
    retrained as retrained,
    train as train,
)
from jgan.interpretable._refine import Refine as Refine, refine as refine
from jgan.interpretable._regions import group_regions as group_regions
from jgan.interpretable._rest import rest_levels as rest_levels, rest_of as rest_of
from jgan.interpretable._state import State as State
from jgan.interpretable._step import Metrics as Metrics, train_step as train_step
from jgan.interpretable._swap import swap as swap, units_of as units_of
