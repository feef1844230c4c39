"""The scenes in plain geometry: which shapes cover a point, back to front.

Polygons and disks in numpy, with no coverage, no distance and no color. The sizes of
the parts are the renderer's; how a point is found to lie inside is not.
"""

import numpy as np

from jgan.worlds.scenes import CLASS_NAMES, CONCEPTS, Factors
from tests.worlds.scene import grown

_CONIFERS = ("forest", "alps", "winter")


def centers(resolution: int) -> tuple[np.ndarray, np.ndarray]:
    """The centers of the pixels."""
    middle = (np.arange(resolution) + 0.5) / resolution
    x, y = np.meshgrid(middle, middle)
    return x, y


def polygon(x, y, *corners):
    """Whether points lie in a convex polygon: on one side of all of its edges."""
    sides = []
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        sides.append((bx - ax) * (y - ay) - (by - ay) * (x - ax))
    return np.all(np.asarray(sides) >= 0, 0) | np.all(np.asarray(sides) <= 0, 0)


def rectangle(x, y, left, top, right, bottom):
    """Whether points lie in an upright rectangle."""
    return polygon(x, y, (left, top), (right, top), (right, bottom), (left, bottom))


def tent(x, y, tip_x, top, bottom, half):
    """Whether points lie in a triangle on its base."""
    return polygon(x, y, (tip_x, top), (tip_x + half, bottom), (tip_x - half, bottom))


def circle(x, y, center_x, center_y, radius):
    """Whether points lie in a disk."""
    return np.hypot(x - center_x, y - center_y) <= radius


def shapes(factors: Factors, resolution: int = 64) -> list[tuple[str, np.ndarray]]:
    """The concept and the pixels of every shape of a scene, back to front."""
    x, y = centers(resolution)
    f = Factors(*(np.asarray(field, np.float64) for field in factors))
    shore = f.horizon - f.water
    found = [("sky", np.ones(x.shape, bool))]
    if f.sun:
        found.append(("sun", circle(x, y, f.sun_x, f.sun_y, f.sun_size)))
    for i in range(int(f.cloud_count)):
        for dx, dy, r in ((-0.58, 0.1, 0.42), (0, -0.16, 0.54), (0.58, 0.1, 0.42)):
            s = f.cloud_size[i]
            puff = circle(x, y, f.cloud_x[i] + dx * s, f.cloud_y[i] + dy * s, r * s)
            found.append(("cloud", puff))
    if f.mountain:
        for peak, part in ((1, 0.72), (0, 1)):
            h = part * f.mountain_height
            foot, half = shore + 0.02, 1.35 * (h + 0.02)
            rock = tent(x, y, f.mountain_x[peak], shore - h, foot, half)
            found.append(("mountain", rock))
    if f.water > 0:
        found.append(("water", y >= shore))
    found.append(("ground", y >= f.horizon))
    nearer = sorted(range(int(f.tree_count)), key=lambda i: f.tree_base[i])
    behind = [i for i in nearer if f.tree_base[i] < f.house_base]
    found += [part for i in behind for part in _tree(x, y, f, i)]
    if f.house:
        found += _house(x, y, f)
    before = [i for i in nearer if f.tree_base[i] >= f.house_base]
    return found + [part for i in before for part in _tree(x, y, f, i)]


def _tree(x, y, f, i):
    at, base, size = f.tree_x[i], f.tree_base[i], f.tree_size[i]
    stem = rectangle(x, y, at - 0.02, base - 0.34 * size, at + 0.02, base)
    if CLASS_NAMES[int(f.class_label)] in _CONIFERS:
        tiers = ((1.0, 0.55, 0.2), (0.8, 0.35, 0.27), (0.58, 0.16, 0.34))
        crown = np.any(
            [
                tent(x, y, at, base - top * size, base - low * size, half * size)
                for top, low, half in tiers
            ],
            0,
        )
    else:
        crown = circle(x, y, at, base - 0.66 * size, 0.36 * size)
    return [("tree", stem), ("tree", crown)]


def _house(x, y, f):
    at, base, size = f.house_x, f.house_base, f.house_size
    eaves = base - 0.56 * size

    def part(left, top, right, bottom):
        return rectangle(
            x, y, at + left * size, base - top * size, at + right * size, bottom
        )

    return [
        ("house", part(-0.5, 0.56, 0.5, base)),
        ("roof", tent(x, y, at, eaves - 0.44 * size, eaves, 0.64 * size)),
        ("door", part(-0.1, 0.4, 0.1, base)),
        ("window", part(-0.42, 0.42, -0.2, base - 0.18 * size)),
        ("window", part(0.2, 0.42, 0.42, base - 0.18 * size)),
    ]


def labels(factors: Factors, resolution: int = 64) -> np.ndarray:
    """The label of the topmost shape at the center of every pixel."""
    topmost = np.full((resolution, resolution), -1)
    for concept, mask in shapes(factors, resolution):
        topmost[mask] = CONCEPTS.index(concept)
    return topmost


# How many pixels beyond its points an antialiased shape may reach: 1 across an edge,
# more where two edges meet at a sharp corner, as at the eaves of a roof. A wall begins
# a pixel above the eaves.
_REACH = {"roof": 3, "mountain": 3, "tree": 2, "house": 2}


def may_show(factors: Factors, concepts, resolution: int = 64) -> np.ndarray:
    """Pixels that the colors of some concepts can reach: near them and not hidden."""
    reached = np.zeros((resolution, resolution), bool)
    for concept, mask in shapes(factors, resolution):
        if concept in concepts:
            reached |= grown(mask, _REACH.get(concept, 1))
        else:
            reached &= ~_inmost(mask)
    return reached


def _inmost(mask):
    """The pixels with two of the shape on every side, which it covers whole."""
    outside = np.pad(~mask, 2, constant_values=True)
    return ~grown(outside, 2)[2:-2, 2:-2]
