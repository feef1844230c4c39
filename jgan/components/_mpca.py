"""Multilinear PCA of a layer, in passes over images that are generated anew.

Lu et al. (2008), as Oldfield et al. (2021) use it: the basis of a mode is made of the
leading eigenvectors of its scatter. If one mode is cut, or none, one pass over the
images has all three. Otherwise a mode is solved again with the others projected on
their bases, one after the other, which never captures less than before.
"""

import pathlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Float, PRNGKeyArray

from jgan import stats
from jgan.components._decomposition import Basis, Decomposition, Ranks, along_modes
from jgan.components._directions import orient
from jgan.gan import Gan, Layer
from jgan.stats import MODES

# A round that captures less than this more of the total variance is the last: what
# float32 rounds in a projection.
_RISE = 1e-6
# Or this one. The original stops after ten, whatever they bring.
_ROUNDS = 100
# The original's order, in which the mode of units comes first.
_ORDER = ("unit", "row", "col")


def mpca(
    gan: Gan,
    layer: str,
    *,
    num_images: int,
    batch_size: int,
    ranks: Ranks | None = None,
    mesh: Mesh | None = None,
    resume: pathlib.Path | None = None,
    progress: Callable[[float], None] | None = None,
    key: PRNGKeyArray,
) -> Decomposition:
    """Returns the mean activation of a layer and a basis for each of its modes.

    Memory depends on the layer's sizes and the batch, not on the number of images.

    Args:
        gan: Any generator.
        layer: One of ``gan.layers`` that has more than one pixel.
        num_images: In each pass.
        batch_size: Images at a time.
        ranks: Components that each mode keeps; None keeps all. (The original's switch
            from one pass to several looks at units only; here any two cut modes do.)
        mesh: Devices that share each batch, as `jgan.stats.collect` has it.
        resume: A folder for what is gathered, one file a pass. An interrupted run goes
            on from it.
        progress: Called with the share of the present pass that is done.
        key: Consumed whole. The same images are drawn in all passes.

    Raises:
        ValueError: If the layer does not exist or has one pixel, a rank is below 1 or
            above its mode's size, there are too few images for a rank, or an activation
            is not finite.
    """
    stats.check_layers(gan, (layer,))
    size = gan.layers[layer]
    ranks = Ranks(*size) if ranks is None else ranks
    _check(layer, size, ranks, num_images)
    if resume is not None:
        resume.mkdir(parents=True, exist_ok=True)

    def gather(zero: Any, name: str) -> Any:
        found = stats.collect(
            gan,
            # Under one name, or each pass would be compiled again.
            {layer: {"scatter": zero}},
            num_images=num_images,
            batch_size=batch_size,
            mesh=mesh,
            resume=None if resume is None else resume / f"{name}.npz",
            progress=progress,
            key=key,
        )
        return found[layer]["scatter"]

    whole = gather(stats.zero_scatter(*size), "whole")
    solved = {mode: _leading(whole.scatter(mode)) for mode in MODES}
    total = solved["unit"][0].sum()
    bases = {mode: solved[mode][1][:, : getattr(ranks, mode)] for mode in MODES}
    cut = [m for m, r, n in zip(MODES, ranks, size, strict=True) if r < n]
    kept = sum(solved[mode][0][: getattr(ranks, mode)].sum() for mode in cut)
    captured = [_share(kept, total) if cut else 1.0]
    # Whole modes lose nothing, so a single cut one is solved already.
    if len(cut) > 1:
        captured = []
        for i in range(1, 1 + _ROUNDS):
            for mode in _ORDER:
                others = {m: None if m == mode else bases[m] for m in MODES}
                zero = _zero_projected(size, others, mode)
                found = gather(zero, f"round{i}.{mode}").inner
                values, vectors = _leading(found.scatter(mode))
                rank = getattr(ranks, mode)
                bases[mode] = vectors[:, :rank]
                captured.append(_share(values[:rank].sum(), total))
            if i > 1 and captured[-1] - captured[-1 - len(_ORDER)] < _RISE:
                break
    return Decomposition(
        mean=whole.mean,
        **{mode: orient(bases[mode].T).T for mode in MODES},
        spectra={mode: values for mode, (values, _) in solved.items()},
        captured=np.asarray(captured),
    )


class Projected(NamedTuple):
    """Sees activations projected on the bases of modes, and hands them on.

    Attributes:
        bases: By mode, or None to leave the mode as it is.
        inner: What is filled.
    """

    bases: Mapping[str, Basis | None]
    inner: stats.ModeScatter

    def update(self, seen: stats.Seen) -> "Projected":
        """Returns the statistic with one more batch."""
        bases = [self.bases[mode] for mode in MODES]
        matrices = [None if basis is None else basis.T for basis in bases]
        projected = along_modes(seen.activation.astype(jnp.float32), matrices)
        inner = self.inner.update(seen._replace(activation=projected))
        return self._replace(inner=inner)

    def merge(self, other: "Projected") -> "Projected":
        """Returns the statistic of two disjoint sets of images."""
        return self._replace(inner=self.inner.merge(other.inner))


def _zero_projected(
    size: Layer, bases: Mapping[str, Basis | None], mode: str
) -> Projected:
    """Returns one mode's scatter of no images, with the other modes projected."""
    kept = dict(zip(MODES, size, strict=True))
    for other, basis in bases.items():
        kept[other] = kept[other] if basis is None else basis.shape[1]
    zero = stats.zero_scatter(*(kept[m] for m in MODES), modes=(mode,))
    return Projected(bases, zero)


def _leading(
    scatter: Float[np.ndarray, "place other_place"],
) -> tuple[Float[np.ndarray, " place"], Float[np.ndarray, "place component"]]:
    values, vectors = np.linalg.eigh(scatter)
    # They rise, and rounding takes those of 0 below it.
    return np.maximum(values[::-1], 0.0), vectors[:, ::-1]


def _share(part: float, total: float) -> float:
    # Of a constant layer, nothing is all there is.
    return float(part / total) if total > 0 else 1.0


def _check(layer: str, size: Layer, ranks: Ranks, num_images: int) -> None:
    if size.rows * size.cols == 1:
        raise ValueError(
            f"Layer {layer!r} has one pixel: rows and columns are no modes of it. Take "
            "a layer with more."
        )
    for mode, most, rank in zip(MODES, size, ranks, strict=True):
        if not 1 <= rank <= most:
            raise ValueError(
                f"The rank of mode {mode!r} is {rank}; layer {layer!r} has {most} "
                f"{mode}s, so give 1 to {most}."
            )
        # Of the images' deviations from their mean, all but one are independent.
        others = size.rows * size.cols * size.units // most
        if rank > (num_images - 1) * others:
            raise ValueError(
                f"num_images is {num_images}, too few for a rank of {rank} in mode "
                f"{mode!r} of layer {layer!r}: give at least {-(-rank // others) + 1}."
            )
