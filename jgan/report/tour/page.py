"""The page as text: sections put into a template, and the files it links to."""

import html
import importlib.resources
import json
import pathlib
import string
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import UInt8

from jgan import images as pictures
from jgan.report.tour.measure import to_json

INDEX = "index.html"
MARK = '<meta name="generator" content="jgan tour">'


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
        pictures.write_png(self._folder / "pictures" / f"{name}.png", picture)
        return (
            f'<img src="pictures/{name}.png" width="{width}" height="{height}" '
            f'alt="{html.escape(alt)}" loading="lazy" decoding="async">'
        )

    def numbers(self, name: str, value: Any) -> str:
        """Returns a link to some numbers, which it writes as JSON."""
        text = json.dumps(to_json(value), indent=1, allow_nan=False)
        (self._folder / "numbers" / f"{name}.json").write_text(text + "\n")
        return f'<p class="numbers"><a href="numbers/{name}.json">numbers</a></p>'


def try_it(code: str) -> str:
    """Returns a box with a few lines of code that do the same."""
    return (
        '<div class="try"><p>The same in Python</p>'
        f"<pre><code>{html.escape(code.strip())}</code></pre></div>"
    )


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


def write_page(
    folder: pathlib.Path, sections: list[Section], *, title: str, facts: str, seed: int
) -> None:
    """Writes ``index.html``."""
    contents = "".join(f'<a href="#{s.anchor}">{s.title}</a>' for s in sections)
    body = "\n".join(
        f'<section id="{s.anchor}"><h2>{s.title}</h2>{s.body}</section>'
        for s in sections
    )
    here = importlib.resources.files("jgan.report.tour")
    template = string.Template((here / "page.html").read_text("utf-8"))
    text = template.substitute(
        title=html.escape(title),
        style=(here / "page.css").read_text("utf-8"),
        facts=html.escape(facts),
        contents=contents,
        sections=body,
        seed=seed,
    )
    (folder / INDEX).write_text(text, encoding="utf-8")
