"""Which classes a page shows one by one, and what it calls them."""

from collections.abc import Sequence

import numpy as np

from jgan.gan import Gan


def spread_classes(num_classes: int, *, at_most: int) -> tuple[int, ...]:
    """Returns all classes, or some at even distances in their order."""
    count = min(num_classes, at_most)
    return tuple(int(i) for i in np.linspace(0, num_classes - 1, count).round())


def class_name(gan: Gan, label: int) -> str:
    """Returns what to call a class, also where it has only a number."""
    name = gan.class_names[label]
    return f"class {name}" if name.isdigit() else name


def shown_note(gan: Gan, shown: Sequence[int]) -> str:
    """Returns a sentence, in HTML, if not all classes are shown."""
    if len(shown) == gan.num_classes:
        return ""
    spread = spread_classes(gan.num_classes, at_most=len(shown))
    how = ", at even distances in their order" if tuple(shown) == spread else ""
    return (
        f'<p class="note">{len(shown)} of {gan.num_classes:,} classes are shown{how}.'
        "</p>"
    )
