"""The numbers of the tour, in the form in which they go to JSON and to the page."""

import dataclasses

import numpy as np
from jaxtyping import Float

from jgan import stats
from jgan.gan import Gan
from jgan.report.tour.ablate import LayerEffects

IMAGES_PER_UNIT = 4
UNITS_PER_LIST = 6
CHANNELS_PER_CLASS = 2


@dataclasses.dataclass(frozen=True, kw_only=True)
class Unit:
    """One unit, and the images that excite it most.

    Attributes:
        unit: Its number in the layer.
        mean: Mean activation over pixels and images.
        between_images: Standard deviation, between images, of the mean over pixels.
        active_fraction: Share of pixels above 0.
        images: Numbers of the images that excite it most, first the strongest.
        strengths: Mean absolute activation in those.
    """

    unit: int
    mean: float
    between_images: float
    active_fraction: float
    images: tuple[int, ...]
    strengths: tuple[float, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class LayerUnits:
    """The two lists of units that the page shows of a layer.

    Attributes:
        most_active: Highest mean absolute activation first.
        most_variable: Highest deviation between images first, without those that
            `most_active` has already.
        by_activity: All units of the layer, most active first.
    """

    most_active: tuple[Unit, ...]
    most_variable: tuple[Unit, ...]
    by_activity: tuple[int, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class LayerRow:
    """One line of the comparison of layers.

    Attributes:
        layer: Name.
        rows: Height of the map.
        cols: Width of the map.
        units: How many.
        active_fraction: Share of activations above 0.
        variable_fraction: Share of the variance that is between images rather than
            between the pixels of one, averaged over units.
        ablated: How many units were zeroed.
        change: Mean over those of the mean absolute change of a pixel, of 255 levels.
        strongest_change: The same of the strongest unit.
        half_share: Smallest share of the ablated units that makes half of all change.
        spread: Share of the image that a change covers, averaged by change.
    """

    layer: str
    rows: int
    cols: int
    units: int
    active_fraction: float
    variable_fraction: float
    ablated: int
    change: float
    strongest_change: float
    half_share: float
    spread: float


def layer_units(
    statistics: stats.UnitStatistics, strengths: Float[np.ndarray, "image unit"]
) -> LayerUnits:
    """Returns the most active and the most variable units of a layer.

    Args:
        statistics: Of the layer.
        strengths: Mean absolute activation of each unit in each image.
    """
    mean = np.asarray(statistics.pixels.mean, np.float64)
    between = np.asarray(stats.unit_std(statistics.images), np.float64)
    activity = strengths.mean(axis=0, dtype=np.float64)
    by_activity = np.argsort(-activity, kind="stable").tolist()
    active = by_activity[:UNITS_PER_LIST]
    by_variation = np.argsort(-between, kind="stable").tolist()
    variable = [u for u in by_variation if u not in active][:UNITS_PER_LIST]
    active_fraction = np.asarray(statistics.active_fraction)

    def describe(unit: int) -> Unit:
        images = np.argsort(-strengths[:, unit], kind="stable")[:IMAGES_PER_UNIT]
        return Unit(
            unit=unit,
            mean=float(mean[unit]),
            between_images=float(between[unit]),
            active_fraction=float(active_fraction[unit]),
            images=tuple(int(i) for i in images),
            strengths=tuple(float(strengths[i, unit]) for i in images),
        )

    return LayerUnits(
        most_active=tuple(describe(u) for u in active),
        most_variable=tuple(describe(u) for u in variable),
        by_activity=tuple(by_activity),
    )


def layer_row(
    gan: Gan, layer: str, statistics: stats.UnitStatistics, effects: LayerEffects
) -> LayerRow:
    """Returns a layer's line in the comparison."""
    size = gan.layers[layer]
    total = np.asarray(stats.unit_std(statistics.pixels), np.float64) ** 2
    between = np.asarray(stats.unit_std(statistics.images), np.float64) ** 2
    alive = total > 0
    change = effects.change.astype(np.float64)
    weight = change.sum()
    return LayerRow(
        layer=layer,
        rows=size.rows,
        cols=size.cols,
        units=size.units,
        active_fraction=float(np.mean(statistics.active_fraction)),
        variable_fraction=float(np.mean(between[alive] / total[alive]))
        if alive.any()
        else 0.0,
        ablated=len(effects.units),
        change=float(change.mean()),
        strongest_change=float(change.max()),
        half_share=half_share(change),
        spread=float((effects.spread * change).sum() / weight) if weight else 0.0,
    )


def cumulative_share(
    change: Float[np.ndarray, " unit"],
) -> Float[np.ndarray, " unit"]:
    """Returns the share of all change that the strongest 1, 2, … units make."""
    ordered = np.sort(np.asarray(change, np.float64))[::-1]
    total = ordered.sum()
    return np.cumsum(ordered) / total if total else np.zeros_like(ordered)


def half_share(change: Float[np.ndarray, " unit"]) -> float:
    """Returns the smallest share of units that makes half of all change, 0 if none."""
    cumulative = cumulative_share(change)
    if not cumulative.size or not cumulative[-1]:
        return 0.0
    # Rounding must not cost a unit where two of four are exactly half.
    return float((np.argmax(cumulative >= 0.5 - 1e-12) + 1) / len(cumulative))
