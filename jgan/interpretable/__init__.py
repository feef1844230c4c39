"""Interpretable GAN: a generator retrained until each filter stands for one concept.

Li et al. (2022), whose equations are not published: a jgan reconstruction. So far, the
partition: `describe_units` tells where each unit of a layer is active,
`partition_units` which are active alike, and `choose_num_groups` how many groups there
are.
"""

from jgan.interpretable._descriptors import (
    Descriptors as Descriptors,
    describe_units as describe_units,
)
from jgan.interpretable._mixture import Fit as Fit, Mixture as Mixture
from jgan.interpretable._partition import (
    DEAD as DEAD,
    GroupCounts as GroupCounts,
    Partition as Partition,
    choose_num_groups as choose_num_groups,
    partition_units as partition_units,
)
