"""Whether single codes tell single attributes: rank correlation and mutual information.

A code is a number that an image was made of, or that was read off how it was made: a
dimension of an EigenGAN, a coordinate along a principal component. An attribute is what
a reader says of the image; where it cannot be read it is NaN, and the image is left out
for that attribute alone.
"""

from typing import NamedTuple

import numpy as np
import scipy.stats
from jaxtyping import ArrayLike, Float

# Of equal numbers of images: as many as Locatello et al. (2019) take.
_BINS = 20
# Fewer images than this tell no correlation.
_FEWEST = 10


class Disentanglement(NamedTuple):
    """How codes and attributes belong together.

    Attributes:
        correlation: Spearman's, NaN where an attribute or code never varies.
        information: Mutual information in parts of the attribute's entropy, in [0, 1]:
            0 where they are independent, but for finite samples.
        gaps: For each attribute, the largest `information` less the second largest.
        entropy: For each code, of its absolute correlations as parts of their sum, in
            parts of the largest there can be: 0 if it tells one attribute, 1 if all
            alike; NaN if it tells none.
    """

    correlation: Float[np.ndarray, "code attribute"]
    information: Float[np.ndarray, "code attribute"]
    gaps: Float[np.ndarray, " attribute"]
    entropy: Float[np.ndarray, " code"]

    @property
    def gap(self) -> float:
        """The mutual-information gap (Chen et al., 2018, equation 6).

        The mean over the attributes that vary.
        """
        return float(np.nanmean(self.gaps))


def disentanglement(
    codes: Float[ArrayLike, "image code"],
    attributes: Float[ArrayLike, "image attribute"],
) -> Disentanglement:
    """Returns how codes and attributes of the same images belong together.

    Information is counted over 20 bins of equally many images, on either side; an
    attribute of few values has as many bins as values. It is too large by about
    (bins - 1)^2 / 2 over the number of images, in nats, whatever the codes: compare
    figures of equal numbers of images.

    Args:
        codes: Finite.
        attributes: NaN where one cannot be read.

    Raises:
        ValueError: If the numbers of images differ or are too few, or a code is not
            finite.
    """
    codes, attributes = (
        np.asarray(codes, np.float64),
        np.asarray(attributes, np.float64),
    )
    if codes.ndim != 2 or attributes.ndim != 2 or len(codes) != len(attributes):
        raise ValueError(
            f"Codes have shape {codes.shape} and attributes {attributes.shape}; give "
            "(image, code) and (image, attribute)."
        )
    if not np.isfinite(codes).all():
        raise ValueError("A code is NaN or infinite.")
    if len(codes) < _FEWEST:
        raise ValueError(f"There are {len(codes)} images; give at least {_FEWEST}.")
    pairs = [_one(codes, attribute) for attribute in attributes.T]
    correlation = np.stack([pair[0] for pair in pairs], axis=1)
    information = np.stack([pair[1] for pair in pairs], axis=1)
    top = -np.sort(-information, axis=0)
    second = top[1] if len(top) > 1 else np.zeros(top.shape[1])
    return Disentanglement(
        correlation, information, top[0] - second, _entropy(correlation)
    )


def _one(
    codes: Float[np.ndarray, "image code"], attribute: Float[np.ndarray, " image"]
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the correlation and information of every code with one attribute."""
    read = np.isfinite(attribute)
    codes, attribute = codes[read], attribute[read]
    if len(attribute) < _FEWEST or np.ptp(attribute) == 0:
        return np.full(codes.shape[1], np.nan), np.full(codes.shape[1], np.nan)
    ranks = scipy.stats.rankdata(np.column_stack([codes, attribute]), axis=0)
    ranks -= ranks.mean(axis=0)
    spread = np.sqrt(np.square(ranks).sum(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = ranks[:, :-1].T @ ranks[:, -1] / (spread[:-1] * spread[-1])
    label = _bins(attribute)
    information = [_information(_bins(code), label) for code in codes.T]
    return correlation, np.asarray(information)


def _bins(values: Float[np.ndarray, " image"]) -> np.ndarray:
    """Returns the bin of each value; equal values are never apart."""
    inner = np.quantile(values, np.arange(1, _BINS) / _BINS)
    return np.unique(np.searchsorted(inner, values, side="left"), return_inverse=True)[
        1
    ]


def _information(code: np.ndarray, label: np.ndarray) -> float:
    joint = np.zeros((code.max() + 1, label.max() + 1))
    np.add.at(joint, (code, label), 1)
    joint /= len(code)
    by_code, by_label = joint.sum(axis=1), joint.sum(axis=0)
    entropy = _nats(by_label)
    if entropy == 0:
        return np.nan
    return (_nats(by_code) + entropy - _nats(joint.ravel())) / entropy


def _nats(shares: Float[np.ndarray, " bin"]) -> float:
    positive = shares[shares > 0]
    return float(-(positive * np.log(positive)).sum())


def _entropy(correlation: Float[np.ndarray, "code attribute"]) -> np.ndarray:
    size = np.abs(np.nan_to_num(correlation))
    total = size.sum(axis=1, keepdims=True)
    shares = np.divide(size, total, out=np.full_like(size, np.nan), where=total > 0)
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    most = np.log(max(size.shape[1], 2))
    return -(shares * logs).sum(axis=1) / most
