"""The page as text: sections put into a template, and the files it links to."""

import dataclasses
import html
import importlib.resources
import json
import math
import pathlib
import string
import urllib.parse
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import UInt8

from jgan import images as pictures, zoo
from jgan.gan import Gan

INDEX = "index.html"


class Kind(NamedTuple):
    """What all pages of one command have in common.

    Attributes:
        name: Of the command, without ``jgan``.
        title: Of the page, after the name of the generator.
        lede: HTML below the heading; ``$title`` is the generator.
        footer: HTML at the end; ``$seed`` is the seed.
    """

    name: str
    title: str
    lede: str
    footer: str

    @property
    def mark(self) -> str:
        """The element by which a page is known to be of this kind."""
        return f'<meta name="generator" content="jgan {self.name}">'

    def check_replaceable(self, folder: pathlib.Path) -> None:
        """Refuses a folder that holds anything else.

        Raises:
            FileExistsError: If it exists, and is neither empty nor of this kind.
        """
        if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
            return
        index = folder / INDEX
        if not index.is_file() or self.mark not in index.read_text(
            "utf-8", errors="replace"
        ):
            raise FileExistsError(
                f"{folder} exists and is not a {self.name}. Choose another name."
            )


class Section(NamedTuple):
    """One part of the page.

    Attributes:
        anchor: Name in the address.
        title: Heading.
        body: HTML.
    """

    anchor: str
    title: str
    body: str


class Files:
    """Writes the files beside the page, and returns the HTML that shows them."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        for name in ("pictures", "numbers"):
            (folder / name).mkdir()

    def picture(
        self, name: str, picture: UInt8[np.ndarray, "row col channel"], *, alt: str
    ) -> str:
        """Returns the image element of a picture, which it writes."""
        height, width = picture.shape[:2]
        file, link = _named("pictures", f"{name}.png")
        pictures.write_png(self._folder / file, picture)
        return (
            f'<img src="{link}" width="{width}" height="{height}" '
            f'alt="{html.escape(alt)}" loading="lazy" decoding="async">'
        )

    def numbers(self, name: str, value: Any) -> str:
        """Returns a link to some numbers, which it writes as JSON."""
        text = json.dumps(to_json(value), indent=1, allow_nan=False)
        file, link = _named("numbers", f"{name}.json")
        (self._folder / file).write_text(text + "\n")
        return f'<p class="numbers"><a href="{link}">numbers</a></p>'


def _named(folder: str, name: str) -> tuple[str, str]:
    """Returns a file of a folder, and the link to it."""
    # Layers and concepts have any name, and a slash in one would be another folder.
    file = urllib.parse.quote(name, safe="")
    return f"{folder}/{file}", f"{folder}/{urllib.parse.quote(file)}"


def try_it(code: str) -> str:
    """Returns a box with a few lines of code that make such figures.

    From latents of their own: other images, and numbers that differ by chance.
    """
    return (
        '<div class="try"><p>In Python</p>'
        f"<pre><code>{html.escape(code.strip())}</code></pre></div>"
    )


def loading(gan: Gan) -> str:
    """Returns the line of code that gets the generator a page is about.

    Only the names of the zoo can be loaded; of another, the page does not know where.
    """
    known = gan.name in zoo.names()
    comment = "" if known else "  # Where this generator is."
    return f"gan = jgan.load({place_of(gan)!r}){comment}"


def place_of(gan: Gan) -> str:
    """Returns what `jgan.load` takes for a generator, or something in its place."""
    return gan.name if gan.name in zoo.names() else "path/to/folder"


def card(title: str, detail: str, body: str) -> str:
    """Returns a figure with a caption above it."""
    return (
        f'<figure class="card"><figcaption><b>{title}</b><span>{detail}</span>'
        f"</figcaption>{body}</figure>"
    )


def fold(title: str, detail: str, body: str, *, is_open: bool) -> str:
    """Returns a part that the reader can fold away, without JavaScript."""
    state = " open" if is_open else ""
    return (
        f"<details{state}><summary>{html.escape(title)} <small>{detail}</small>"
        f"</summary>{body}</details>"
    )


def to_json(value: Any) -> Any:
    """Returns plain lists, dicts and numbers; floats have six significant digits.

    What is no number or infinite becomes None, which JSON has a word for.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {f.name: to_json(getattr(value, f.name)) for f in fields}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return to_json(value._asdict())  # pyright: ignore[reportAttributeAccessIssue]
    if isinstance(value, Mapping):
        return {str(name): to_json(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(entry) for entry in value]
    if hasattr(value, "tolist"):
        return to_json(np.asarray(value).tolist())
    if isinstance(value, float):
        # float32 holds no more digits, and the file would double in size.
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def write_page(
    folder: pathlib.Path,
    sections: list[Section],
    *,
    kind: Kind,
    title: str,
    facts: str,
    seed: int,
) -> None:
    """Writes ``index.html``."""
    contents = "".join(f'<a href="#{s.anchor}">{s.title}</a>' for s in sections)
    body = "\n".join(
        f'<section id="{s.anchor}"><h2>{s.title}</h2>{s.body}</section>'
        for s in sections
    )
    here = importlib.resources.files("jgan.report")
    template = string.Template((here / "page.html").read_text("utf-8"))
    name = html.escape(title)
    text = template.substitute(
        title=name,
        subtitle=kind.title,
        kind=kind.name,
        mark=kind.mark,
        lede=string.Template(kind.lede).substitute(title=name),
        footer=string.Template(kind.footer).substitute(seed=seed),
        style=(here / "page.css").read_text("utf-8"),
        facts=html.escape(facts),
        contents=contents,
        sections=body,
    )
    (folder / INDEX).write_text(text, encoding="utf-8")


def facts_of(gan: Gan) -> str:
    """Returns a line about a generator."""
    total = sum(size.units for size in gan.layers.values())
    classes = f"{gan.num_classes:,} classes" if gan.num_classes else "no classes"
    return (
        f"{gan.family} · {gan.resolution} × {gan.resolution} pixels · {classes} · "
        f"{len(gan.layers)} layers · {total:,} units"
    )
