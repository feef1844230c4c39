"""Whether a face that is swapped into another image is still the same person's.

Li et al. (2022) verify faces whose groups are all swapped, table 1; which groups are
the face's they do not say: a jgan reconstruction.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, PRNGKeyArray

from jgan import interpretable, metrics
from jgan.gan import Gan
from jgan.interpretable import DEAD, Agreement, Partition
from jgan.metrics import Verification
from jgan.report.batch_size import images_that_fit
from jgan.segment import FaceIdentity

_BACKGROUND = "background"
# A rate of one half has a 95 % interval of 6 % to both sides.
_PAIRS = 256


class Identities(NamedTuple):
    """How often an image is taken for the person that the groups are taken from.

    None where there is nothing to compare.

    Attributes:
        swapped: With the face's groups swapped.
        random: With as many of the other units swapped; None if there are fewer.
        pasted: With the pixels of the groups' region pasted.
        unchanged: As it is: how often two persons are taken for one.
    """

    swapped: Verification | None
    random: Verification | None
    pasted: Verification | None
    unchanged: Verification | None


class Faces(NamedTuple):
    """Faces swapped whole.

    Attributes:
        groups: Those that are swapped.
        before: Of the generator before training, with the same groups.
        after: Of the generator after it.
    """

    groups: tuple[int, ...]
    before: Identities
    after: Identities


def groups_of_the_face(
    agreement: Agreement, concepts: tuple[str, ...]
) -> tuple[int, ...]:
    """Returns the groups whose regions show more of faces than of the background.

    Images in which no face is found show neither.

    Args:
        agreement: With concepts.
        concepts: Their names; without one of that name, there are no such groups.
    """
    if _BACKGROUND not in concepts:
        return ()
    shares = agreement.concept_shares
    background = shares[:, concepts.index(_BACKGROUND)]
    return tuple(map(int, np.flatnonzero(shares.sum(axis=1) > 2 * background)))


def identities(
    gan: Gan,
    partition: Partition,
    groups: tuple[int, ...],
    identity: FaceIdentity,
    *,
    key: PRNGKeyArray,
) -> Identities:
    """Returns how often swapped faces are taken for those that they are from.

    Args:
        gan: Of faces.
        partition: Of one of its layers.
        groups: To swap, all at once.
        identity: Tells persons apart.
        key: Consumed whole. The same key means the same latents.
    """
    pairs = interpretable.swap_pairs(
        gan,
        partition,
        groups,
        num_pairs=_PAIRS,
        batch_size=images_that_fit(gan),
        key=key,
    )
    meant = identity.embed(pairs.source)
    found = np.isfinite(meant).all(axis=1).any()

    def verified(images: Float[np.ndarray, "image row col 3"]) -> Verification | None:
        return metrics.verification(meant, identity.embed(images)) if found else None

    members = np.isin(partition.groups, groups)
    others = (partition.groups != DEAD) & ~members
    return Identities(
        swapped=verified(pairs.swapped),
        random=verified(pairs.random) if others.sum() >= members.sum() else None,
        pasted=verified(pairs.pasted),
        unchanged=verified(pairs.target),
    )
