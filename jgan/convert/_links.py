"""Conversion that can be undone: which array is which parameter, and both layouts."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from jgan.convert._rules import Rule, apply_rules, flat_arrays, oihw_to_hwio, transpose
from jgan.typing import Params


class Layout(NamedTuple):
    """How a foreign array and a parameter hold the same numbers.

    Attributes:
        read: From the foreign array to the parameter.
        write: And back.
    """

    read: Callable[[np.ndarray], np.ndarray]
    write: Callable[[np.ndarray], np.ndarray]


class Link(NamedTuple):
    """One array of a checkpoint, and the parameter that it is.

    Attributes:
        theirs: Name in the checkpoint.
        ours: Path of the parameter, parts joined by ``/``.
        layout: Of the two.
    """

    theirs: str
    ours: str
    layout: Layout


def _same(array: np.ndarray) -> np.ndarray:
    return array


SAME = Layout(_same, _same)
DENSE = Layout(transpose, transpose)  # (out, in) and (in, out).
CONV = Layout(oihw_to_hwio, lambda a: np.transpose(a, (3, 2, 0, 1)))
CHANNELS_FIRST = Layout(  # A map, of one image.
    lambda a: np.transpose(a, (1, 2, 0)), lambda a: np.transpose(a, (2, 0, 1))
)


def within(layout: Layout, *axes: int) -> Layout:
    """Returns a layout whose foreign side has axes of size one as well.

    Args:
        layout: Of the rest.
        axes: Where they are, on the foreign side.
    """
    return Layout(
        lambda a: layout.read(np.squeeze(a, axes)),
        lambda a: np.expand_dims(layout.write(a), axes),
    )


def read_links(
    arrays: Mapping[str, np.ndarray],
    links: Sequence[Link],
    expected: Params,
    *,
    dropped: str,
) -> Params:
    """Returns the parameters from a flat checkpoint.

    Args:
        arrays: The checkpoint, by name.
        links: Of every parameter.
        expected: Their shapes.
        dropped: Regular expression for names of what is left out on purpose.

    Raises:
        ConversionError: If anything does not fit. All of it is listed.
    """
    rules = [
        Rule(re.escape(link.theirs), link.ours, link.layout.read) for link in links
    ]
    return apply_rules(arrays, [*rules, Rule(dropped, None)], expected)


def write_links(params: Params, links: Sequence[Link]) -> dict[str, np.ndarray]:
    """Returns the flat checkpoint of parameters, in the order of the links."""
    flat = flat_arrays(params)
    written = {theirs: layout.write(flat[ours]) for theirs, ours, layout in links}
    return {name: np.asarray(array, order="C") for name, array in written.items()}
