"""The parts of the page, from numbers and pictures to HTML."""

import html
import math
from typing import Any

import numpy as np

from jgan import images as pictures
from jgan.gan import Gan
from jgan.interpretable import normalized_maps
from jgan.metrics import SAME_PERSON, Verification
from jgan.report.figures import difference, magnification, spotlights, strip, tile
from jgan.report.interpretable.find import Found, Shown
from jgan.report.page import Files, Section, card, fold, loading, place_of, try_it

_UNITS = 3
_NAMED = 0.15  # Below this overlap a concept is no name for a group.


def findings_section(gan: Gan, found: Found) -> Section:
    """Returns the section with the figures before and after, and code to start from."""
    rows = {
        "overlap of units within groups": lambda s: s.agreement.within,
        "overlap of units between groups": lambda s: s.agreement.between,
        "overlap of a group with itself in other images": lambda s: _mean(
            s.agreement.repeated
        ),
        "locality of a group’s swap": lambda s: _mean(s.locality),
        "locality of as many random units": lambda s: _mean(s.random_locality),
        "locality of a group’s swap within a class": lambda s: _mean(s.class_locality),
        f"Fréchet distance to {found.compared_with}": lambda s: s.distance,
    }
    lines = "".join(
        f'<tr><th scope="row">{name}</th><td>{_figure(of(found.before))}</td>'
        f"<td>{_figure(of(found.after))}</td></tr>"
        for name, of in rows.items()
        if not math.isnan(of(found.after))
    )
    swapped = ""
    if not any(map(math.isnan, found.distances.values())):
        listed = ", ".join(f"{n} {_figure(x)}" for n, x in found.distances.items())
        swapped = (
            f"<p>Fréchet distance of the images that a group is put into: {listed}. "
            "Where the pixels of the region are pasted, nothing outside changes, as "
            "nothing can.</p>"
        )
    told = ""
    if found.energy_gap is not None:
        gap = found.energy_gap
        told = (
            "<p>The energy model finds activations of the generator before unlikelier "
            f"in {gap.mixed:.0%} of images where half of the units are of another "
            f"image, in {gap.moved:.0%} where half are moved, and in {gap.noisy:.0%} "
            "where noise is added.</p>"
        )
    sizes = np.bincount(found.partition.groups[found.partition.groups >= 0])
    body = (
        f"<p>The {len(found.partition.groups)} units of <code>{found.layer}</code> are "
        f"in {len(sizes)} groups of {', '.join(map(str, sizes))}"
        f"{_dead(found.partition.num_dead)}. Overlap is intersection over union of "
        "where two units are active; locality is the squared change outside of the "
        "region of a group over that inside, less is better.</p>"
        '<div class="scroll"><table><thead><tr><th></th><th scope="col">before</th>'
        f'<th scope="col">after</th></tr></thead><tbody>{lines}</tbody></table></div>'
        f"{swapped}{told}"
    )
    partition = f"""
units = interpretable.describe_units(gan, {found.layer!r}, key=keys[0])
groups = interpretable.partition_units(
    units, num_groups={found.partition.num_groups}, key=keys[1]
)
"""
    if found.given:
        partition = f"""
folder = jgan.zoo.located({place_of(gan)!r})
groups = interpretable.load_learned(folder / interpretable.LEARNED).partition
"""
    code = f"""
import jax, jgan
from jgan import interpretable
{loading(gan)}
keys = jax.random.split(jax.random.key(0), 4)
{partition.strip()}
source, target = (gan.sample_latents(4, key=key) for key in keys[2:])
images = interpretable.swap(gan, groups, 0, source=source, target=target)
"""
    return Section("findings", "In short", body + try_it(code))


def fineness_section(found: Found) -> list[Section]:
    """Returns the section on other numbers of groups, in a list, empty without any."""
    if not found.fineness:
        return []
    lines = "".join(
        f'<tr><th scope="row">{one.num_groups}</th><td>{_figure(one.silhouette)}</td>'
        f"<td>{_figure(one.within)}</td><td>{one.area:.1%}</td></tr>"
        for one in found.fineness
    )
    body = (
        "<p>The units after training, partitioned anew into more or fewer groups. The "
        "silhouette, from −1 to 1, tells how much nearer units are to their own group "  # noqa: RUF001
        "than to the next, on images that the groups were not found on.</p>"
        '<div class="scroll"><table><thead><tr><th scope="col">groups</th>'
        '<th scope="col">silhouette</th><th scope="col">overlap within groups</th>'
        '<th scope="col">of an image a group is active in</th></tr></thead><tbody>'
        f"{lines}</tbody></table></div>"
    )
    return [Section("fineness", "More groups or fewer", body)]


def groups_section(files: Files, found: Found) -> Section:
    """Returns the section that shows where each group is active."""
    parts = []
    for group in found.swaps:
        members = np.flatnonzero(found.partition.groups == group)
        nearest = members[np.argsort(-found.partition.shares[members, group])][:_UNITS]
        cards = [
            _maps_card(files, shown, name, group, members, nearest)
            for name, shown in (("before", found.before), ("after", found.after))
        ]
        parts.append(
            fold(
                f"Group {group}{name_of(found, group)}",
                f"{len(members)} units, overlap within "
                f"{_figure(found.before.agreement.by_group[group])} before and "
                f"{_figure(found.after.agreement.by_group[group])} after",
                f'<div class="cards">{"".join(cards)}</div>',
                is_open=True,
            )
        )
    body = (
        "<p>The first row has the mean map of a group, the others single units of it. "
        "The same latents make all images of a column.</p>"
        + "".join(parts)
        + files.numbers("groups", group_numbers(found))
    )
    return Section("groups", "Where each group is active", body)


def _maps_card(
    files: Files,
    shown: Shown,
    name: str,
    group: int,
    members: np.ndarray,
    nearest: np.ndarray,
) -> str:
    maps = np.asarray(normalized_maps(shown.maps, shown.rest))
    rows = [maps[..., members].mean(axis=-1), *(maps[..., unit] for unit in nearest)]
    tiles = [t for row in rows for t in spotlights([*shown.images], [*row])]
    picture = files.picture(
        f"group{group}-{name}",
        strip(tiles, cols=len(shown.images)),
        alt=f"Where group {group} and three of its units are active, {name}",
    )
    return card(name[0].upper() + name[1:], "", picture)


def swaps_section(files: Files, found: Found) -> Section:
    """Returns the section with each group swapped between pairs of images."""
    heads = "".join(
        f"<span>{name}</span>" for name in ("from", "into", "swapped", "difference")
    )
    cards = []
    for group, pairs in found.swaps.items():
        source, target, swapped = (
            pictures.to_uint8(np.asarray(images))
            for images in (pairs.source, pairs.target, pairs.swapped)
        )
        magnified = magnification(target, swapped)
        tiles = []
        for one, other, made in zip(source, target, swapped, strict=True):
            tiles += [tile(one), tile(other), tile(made)]
            tiles.append(difference(other, made, magnified))
        picture = files.picture(
            f"swap{group}",
            strip(tiles, cols=4),
            alt=f"Group {group} of one image put into another",
        )
        detail = (
            f"locality {_figure(found.after.locality[group])}, before "
            f"{_figure(found.before.locality[group])}; difference × {magnified}"  # noqa: RUF001
        )
        title = f"Group {group}{html.escape(name_of(found, group))}"
        heads_and_picture = f'<div class="heads four">{heads}</div>{picture}'
        cards.append(card(title, detail, heads_and_picture))
    body = (
        "<p>The maps of one group are taken from one image and put into another; the "
        "layers after are those of the second.</p>"
        f'<div class="cards">{"".join(cards)}</div>'
    )
    return Section("swaps", "One concept in another image", body)


def faces_section(found: Found) -> list[Section]:
    """Returns the section on whole faces, in a list that is empty if there are none."""
    if found.faces is None:
        return []
    rows = {
        "the face’s groups swapped": "swapped",
        "as many other units": "random",
        "pixels of the region pasted": "pasted",
        "nothing swapped": "unchanged",
    }
    sides = (found.faces.before, found.faces.after)
    lines = "".join(
        f'<tr><th scope="row">{name}</th>'
        + "".join(f"<td>{_rate(getattr(side, field))}</td>" for side in sides)
        + "</tr>"
        for name, field in rows.items()
    )
    body = (
        f"<p>Groups {', '.join(map(str, found.faces.groups))} are active more on the "
        "face than on the background. All of them are put into another image at once. "
        "Shown is the share of images that are then taken for the person they are "
        "from, nearer than "
        f"{SAME_PERSON} by dlib’s embedding, with its 95 % interval, the number of "
        "pairs, and in how many of them no face is found any more, which counts as "
        "another person.</p>"
        '<div class="scroll"><table><thead><tr><th></th><th scope="col">before</th>'
        f'<th scope="col">after</th></tr></thead><tbody>{lines}</tbody></table></div>'
    )
    return [Section("faces", "Whose face it is", body)]


def _rate(found: Verification | None) -> str:
    if found is None:
        return "–"
    return (
        f"{found.rate:.0%} ({found.low:.0%} to {found.high:.0%}; {found.num_pairs}, "
        f"{found.num_lost} lost)"
    )


def face_numbers(found: Found) -> dict[str, Any] | None:
    """Returns the figures of whole faces, None if there are none."""
    if found.faces is None:
        return None
    of = lambda side: {
        name: None if one is None else one._asdict()
        for name, one in side._asdict().items()
    }
    return {
        "groups": found.faces.groups,
        "before": of(found.faces.before),
        "after": of(found.faces.after),
    }


def name_of(found: Found, group: int) -> str:
    """Returns the concept that a group overlaps most with, as part of a title."""
    row = found.after.agreement.concept_iou[group]
    if not len(row) or row.max() < _NAMED:
        return ""
    return f": {found.concepts[int(row.argmax())]} {row.max():.2f}"


def group_numbers(found: Found) -> list[dict[str, Any]]:
    """Returns the figures of each group that has units."""
    of = lambda shown, group: {
        "within": shown.agreement.by_group[group],
        "area": shown.agreement.area[group],
        "repeated": shown.agreement.repeated[group],
        "locality": shown.locality[group],
        "random_locality": shown.random_locality[group],
        "class_locality": shown.class_locality[group],
        "concept_iou": dict(
            zip(found.concepts, shown.agreement.concept_iou[group], strict=True)
        ),
    }
    return [
        {
            "group": group,
            "units": np.flatnonzero(found.partition.groups == group),
            "before": of(found.before, group),
            "after": of(found.after, group),
        }
        for group in found.swaps
    ]


def summary_numbers(shown: Shown) -> dict[str, Any]:
    """Returns the figures of a generator."""
    return {
        "within": shown.agreement.within,
        "between": shown.agreement.between,
        "repeated": _mean(shown.agreement.repeated),
        "locality": _mean(shown.locality),
        "random_locality": _mean(shown.random_locality),
        "class_locality": _mean(shown.class_locality),
        "frechet_distance": shown.distance,
    }


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _dead(count: int) -> str:
    return f", and {count} are never active" if count else ""


def _figure(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"
