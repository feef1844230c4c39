"""A written page taken apart: what it links to, and that it needs nothing else."""

import html.parser
import json
import pathlib
import re
import urllib.parse


class Page(html.parser.HTMLParser):
    """What a page consists of.

    Attributes:
        folder: Where it lies.
        text: All of it.
        links: Of all elements, as written.
        ids: What they may lead to.
        tags: Names of its elements.
        alts: Of its images, by link.
        labels: Of its charts.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        super().__init__()
        self.folder = folder
        self.links, self.ids, self.tags = [], set(), set()
        self.alts, self.labels = {}, []
        self.text = (folder / "index.html").read_text("utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.add(tag)
        self.ids.add(found.get("id"))
        self.links += [found[k] for k in ("src", "href", "srcset") if k in found]
        if tag == "img":
            self.alts[found["src"]] = found.get("alt")
        if tag == "svg":
            self.labels.append(found["aria-label"])

    @property
    def code(self) -> list[str]:
        """Its blocks of code."""
        blocks = re.findall(r"<pre><code>(.*?)</code></pre>", self.text, re.DOTALL)
        return [html.unescape(block) for block in blocks]

    def check(self) -> None:
        """Fails if a link leads nowhere, a file is not linked, or more is needed."""
        outside = [link for link in self.links if not link.startswith("#")]
        files = (f for f in self.folder.rglob("*") if f.is_file())
        names = {f.relative_to(self.folder).as_posix() for f in files}
        assert {urllib.parse.unquote(x) for x in outside} == names - {"index.html"}
        assert {link[1:] for link in self.links if link.startswith("#")} <= self.ids
        assert all(self.alts.values())
        assert not self.tags & {"script", "link", "iframe"}
        assert "http" not in self.text
        assert "url(" not in self.text


def strict_json(file: pathlib.Path):
    """What any reader of JSON reads of a file, which knows no NaN."""

    def refuse(constant):
        raise AssertionError(f"{constant} in {file.name}")

    return json.loads(file.read_text("utf-8"), parse_constant=refuse)
