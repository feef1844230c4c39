"""Which images a dissection looks at, and how."""

import dataclasses
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import jax

from jgan import stats
from jgan.gan import Gan
from jgan.segment import Segmenter


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sample:
    """Images to look at.

    Attributes:
        num_images: How many.
        batch_size: Images at a time.
        key: Decides which.
        mesh: Devices that share each batch; None for the default one.
        resume: A folder that keeps an interrupted pass, to go on from.
        progress: Called with what is being done and the share done.

    Raises:
        ValueError: If there is no image, or none at a time.
    """

    num_images: int
    batch_size: int
    key: Any
    mesh: jax.sharding.Mesh | None = None
    resume: pathlib.Path | None = None
    progress: Callable[[str, float], None] = lambda doing, share: None

    def __post_init__(self) -> None:
        if self.num_images < 1 or self.batch_size < 1:
            raise ValueError(
                f"num_images is {self.num_images} and batch_size {self.batch_size}; "
                "give at least 1."
            )

    def collect(
        self,
        gan: Gan,
        empty: Mapping[str, stats.Accumulator],
        *,
        doing: str,
        segmenter: Segmenter | None = None,
    ) -> dict[str, Any]:
        """Returns the accumulators filled by one pass over the images.

        Args:
            gan: The generator.
            empty: An accumulator for each layer.
            doing: What to call the pass; names its file in `resume` too.
            segmenter: Labels the images, for accumulators that need it.
        """
        file = None
        if self.resume is not None:
            self.resume.mkdir(parents=True, exist_ok=True)
            file = self.resume / f"{doing.replace(' ', '-')}.npz"
        found = stats.collect(
            gan,
            {layer: {"it": accumulator} for layer, accumulator in empty.items()},
            num_images=self.num_images,
            batch_size=self.batch_size,
            segmenter=segmenter,
            mesh=self.mesh,
            resume=file,
            progress=lambda share: self.progress(doing, share),
            key=self.key,
        )
        return {layer: named["it"] for layer, named in found.items()}
