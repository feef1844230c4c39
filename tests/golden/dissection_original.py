"""Loads the original GAN Dissection from a checkout, and gives it planted tensors.

`make_dissection` says what is changed at run time, and why.
"""

import contextlib
import functools
import hashlib
import pathlib
import sys
import tempfile
import types
import unittest.mock

import numpy as np
import torch

_SHA256 = {
    "dissection.py": "e4c63019c8081abc48dee407b36dd678e6f9b3476771bab00c6e91f62124aab5",
    "runningstats.py": (
        "0baed549af352e4595026f54bbd60c8c4ec624b03819e0bc7cdb6780dc3fadc6"
    ),
}
# Of the sketches, in the runs that drop no value: more than there are pixels.
EXACT = 1 << 15


def load(checkout: str) -> types.ModuleType:
    """Returns the original's module `netdissect.dissection`."""
    folder = pathlib.Path(checkout, "netdissect")
    for name, digest in _SHA256.items():
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
            raise SystemExit(f"{name} is of another commit.")
    # A bare package: the original's imports segmentation networks, their compiled
    # extensions and data sets, none of which these numbers need.
    package = types.ModuleType("netdissect")
    package.__path__ = [str(folder)]
    segmenter = types.ModuleType("netdissect.segmenter")
    segmenter.UnifiedParsingSegmenter = None
    sys.modules |= {
        "netdissect": package,
        "netdissect.segmenter": segmenter,
        "torchvision": types.ModuleType("torchvision"),
    }
    from netdissect import dissection

    return dissection


@contextlib.contextmanager
def patched(dissection: types.ModuleType, exact: bool = False):
    """Holds the changes in place; yields a dict for the quantiles of each label."""
    found = {}
    collect = dissection.collect_cond_quantiles
    sketch = dissection.RunningConditionalQuantile
    quantiles = dissection.collect_quantiles_and_topk

    def keep(*args):
        found["quantiles"], _ = result = collect(*args)
        return result

    changes = {"save_state_dict": lambda *args: None, "collect_cond_quantiles": keep}
    if exact:
        changes |= {
            "RunningConditionalQuantile": lambda resolution: sketch(EXACT),
            "collect_quantiles_and_topk": functools.partial(
                quantiles, resolution=EXACT
            ),
        }
    sample = functools.partial(torch.nn.functional.grid_sample, align_corners=True)
    sort = functools.partial(torch.sort, stable=True)
    with (
        unittest.mock.patch.object(torch.nn.functional, "grid_sample", sample),
        unittest.mock.patch.object(torch, "sort", sort),
        unittest.mock.patch.multiple(dissection, **changes),
    ):
        yield found


class Planted(torch.nn.Module):
    """Stands for the generator and for the segmenter.

    A latent is the number of an image. The image carries it to the segmenter, at twice
    the segmentation's size, as the original asks for a segmentation at half size.

    Args:
        units: Layer -> values, [image, unit, row, column].
        segs: [image, slot, row, column].
        names: Pairs of label and category, and the categories.
    """

    def __init__(self, units: dict[str, np.ndarray], segs: np.ndarray, names: tuple):
        super().__init__()
        self._on_device = torch.nn.Parameter(torch.zeros(()))
        self._units = {layer: torch.tensor(array) for layer, array in units.items()}
        self._segs = torch.tensor(segs)
        self._names = names
        self._features = self._units
        self.eval()

    def forward(self, z):
        index = z[:, 0]
        self._features = {layer: array[index] for layer, array in self._units.items()}
        rows, cols = self._segs.shape[2:]
        return index[:, None, None, None].expand(-1, 3, 2 * rows, 2 * cols)

    def retained_features(self):
        return self._features

    def get_label_and_category_names(self):
        return self._names

    def segment_batch(self, images, downsample):
        assert downsample == 2
        return self._segs[images[:, 0, 0, 0]]

    @property
    def latents(self) -> torch.utils.data.Dataset:
        return torch.utils.data.TensorDataset(torch.arange(len(self._segs))[:, None])


@contextlib.contextmanager
def output_folder(layers):
    """Yields a folder with one for each layer, which `save_state_dict` would make."""
    with tempfile.TemporaryDirectory() as root:
        for layer in layers:
            pathlib.Path(root, layer).mkdir()
        yield root
