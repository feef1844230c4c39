"""Writes the dissection goldens from a checkout of CSAILVision/gandissect.

Run from the root of jgan, with torch 2.13.0 (CPU) and SciPy installed:

    python tests/golden/make_dissection.py CHECKOUT

where CHECKOUT is at commit f55fc5683bebe2bd6c598d703efa6f4e6fb488bf. Its functions
`collect_bincounts` and `dissect` get planted units and segmentations in the place of a
generator and a segmenter. Files hold those inputs, units channels last, and what the
original makes of them, in its order [label, unit]. Label 0 is "none".

Changed at run time:

- `grid_sample` gets `align_corners=True`, what torch did when the code was written; the
  default of today moves the upsampled values.
- `save_state_dict` does nothing: today's NumPy refuses its ragged arrays. Nothing here
  reads these files back, and the folders it would make are made for it.
- The package's `__init__`, `netdissect.segmenter` and torchvision, which load networks
  and data sets, are empty modules.
- `torch.sort` is stable. Sketches of quantiles add the extremes with weight zero, and
  where they come to lie among equal values would depend on the processor.
- In the runs `*_exact`, sketches (of 1024 values, and of 2048 where they are kept for
  each label) hold 32768 and so drop none. `collect_cond_quantiles` is as it was, but
  its result is kept.

What the numbers rest on, in the original:

- Upsampling is bilinear between the centres of pixels: row `i` of the segmentation is
  at `(i + 0.5) * h / 32 - 0.5` of the layer's `h` rows, clamped to [0, h - 1].
- Active is `> level`, strictly.
- `truth` counts a label's pixels in every slot; `intersection` counts a pixel once, if
  any slot has the label; label 0 has none. `activity` counts a unit's active pixels per
  category, and `total` all pixels, in the images that show a label of the category.
  Label 0 counts there too: in the category that it names, or, where that is none of the
  categories (as "-"), in the first. So in the case "multi" every image that has a pixel
  of "none" in any slot is one of objects. In "multi_none", "-" is a category of its own
  and the others are what one expects.
- `union = activity[category] + truth - intersection`, `iou = intersection / (union +
  1e-20)`. `iqr` is of the four shares of `total`, 0 / 0 being 0; its row 0 means
  nothing, because intersections with label 0 are left out.
- A quantile is read between the middles `(i + 0.5) / n` of sorted values, linearly, and
  so is the share below a value. The smallest and the largest are there once more, each
  before its equals: nothing is below the smallest, and (n - 0.5) / n the most.
  The level of a "fixed" run is that of 0.995 over the values before upsampling, and a
  unit's label has its highest IoU.
- An "iqr" run searches 100 `candidates`, the quantiles `1 - fractions` of all upsampled
  values. P(active | label), and P(active) in the category's images (in all, if there is
  one category), are read from sketches too, at the middles again: not strict counts.
  P(label) is `truth` over the pixels of all images. The four shares are clamped to
  [0, 1]. IQR is 0 at fraction 1, for labels below 1e-3 of the pixels, where the level
  is not above 0, and where intersection + neither is at most 0.8. `curve` is what is
  left, and `best_*` its maximum over fractions. A unit's label, label 0 among them, has
  the highest, and gives the unit's level.
- `interpretable` is IoU > 0.05 and `iqr` > 0.01, both counted at the unit's level.

Every run starts from torch's seed 0, which decides what the sketches drop. `margin` is
how near an upsampled value, in float64, comes to the level: counts hold in any float32
arithmetic where it is above 1e-6. Equal values leave `top_images` undecided. Clamped
coordinates make many equal upsampled values, so a candidate can lie on a block of them:
there, `curve` may move by some 1e-4 with the rounding.
"""

import json
import pathlib
import sys

import numpy as np
import torch

# For a run by the file's path, which leaves the root of jgan out.
sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))
from tests.golden import dissection_inputs as inputs, dissection_original as original

FOLDER = pathlib.Path(__file__).parent
MARGIN = 1e-4
TOP_K = 5
LEVEL_LAYERS = ("layer4", "layer8", "layer16")
FRACTIONS = torch.logspace(-3, 0, 100)  # As the original's.
# The original's names in its files and in its report -> ours.
CASE_COUNTS = {"total_counts": "total", "label_counts": "truth"}
COUNTS = {
    "category_activation_counts": "activity",
    "intersection_counts": "intersection",
    "iou_scores": "iou",
    "iqr_scores": "iqr",
}
SEARCH = {
    "max_iqr": "best_iqr",
    "max_iqr_level": "best_level",
    "max_iqr_quantile": "best_fraction",
    "max_iqr_iou": "best_iou",
    "max_iqr_agreement": "best_agreement",
}
REPORT = {"iou_labelnum": "label", "interp": "interpretable"}

_OBJECTS = [(f"object {label}", "object") for label in inputs.OBJECTS]
_MATERIALS = [(f"material {label}", "material") for label in inputs.MATERIALS]
# Case -> labels with their categories, and the categories.
NAMES = {
    "single": ([("-", "object"), *_OBJECTS], ["object"]),
    "multi": ([("-", "object"), *_OBJECTS, *_MATERIALS], ["object", "material"]),
    "multi_none": (
        [("-", "-"), *_OBJECTS, *_MATERIALS],
        ["-", "object", "material"],
    ),
}


def main(checkout: str) -> None:
    dissection = original.load(checkout)
    write("counts", counts(dissection))
    write("levels", levels(dissection))


def write(name: str, golden: dict) -> None:
    golden |= {"commit": "f55fc5683bebe2bd6c598d703efa6f4e6fb488bf"}
    for case, (labels, categories) in NAMES.items():
        # As the original looks them up.
        numbers = [categories.index(c) if c in categories else 0 for _, c in labels]
        golden[f"{case}/categories"] = np.array(categories)
        golden[f"{case}/label_category"] = np.array(numbers)
    np.savez_compressed(FOLDER / f"dissection_{name}.npz", **golden)


def counts(dissection) -> dict:
    """Returns the planted tensors and levels of cases 1 and 2, and what is counted."""
    golden = {}
    single = inputs.Scenes(1)
    multi = inputs.Scenes(2, without_objects=range(4), without_materials=range(3, 6))
    for case, scenes, segs in (
        ("single", single, single.segmentation(inputs.OBJECTS)[:, None]),
        ("multi", multi, inputs.two_slots(multi)),
    ):
        golden[f"{case}/segs"] = segs.astype(np.uint8)
        units, at = {}, {}
        for layer in inputs.LAYERS:
            exact = np.round(scenes.units(layer) * 256) / 256
            at[layer] = inputs.clear_levels(exact, MARGIN)
            units[layer] = exact.astype(np.float32)
            margin = inputs.margins(exact, at[layer])
            if margin[exact.any((0, 2, 3))].min() < MARGIN:
                raise SystemExit(f"{case}, {layer}: a level lies too near a value.")
            golden |= {
                f"{case}/{layer}/units": channels_last(units[layer]),
                f"{case}/{layer}/levels": at[layer].astype(np.float32),
                f"{case}/{layer}/margin": margin,
            }
        for name in NAMES:
            if name.startswith(case):
                golden |= count(dissection, name, units, segs, at)
    return golden


def count(dissection, case: str, units: dict, segs: np.ndarray, at: dict) -> dict:
    """Returns what the original's `collect_bincounts` counts at given levels."""
    model = original.Planted(units, segs, NAMES[case])
    loader = torch.utils.data.DataLoader(model.latents, batch_size=1)
    tensors = {layer: torch.tensor(array).float() for layer, array in at.items()}
    runner = dissection.GeneratorSegRunner(model)
    golden = {}
    with original.patched(dissection), original.output_folder(units) as folder:
        dissection.collect_bincounts(folder, model, loader, tensors, runner)
        for layer in units:
            golden |= read(folder, layer, "bincounts", COUNTS, f"{case}/{layer}")
            golden |= read(folder, layer, "bincounts", CASE_COUNTS, case)
    return golden


def levels(dissection) -> dict:
    """Returns the planted tensors of case 3, and the levels that the original finds."""
    scenes = inputs.Scenes(3, without_objects=range(2), without_materials=range(2, 8))
    segs = inputs.two_slots(scenes)
    units = {layer: scenes.units(layer).astype(np.float32) for layer in LEVEL_LAYERS}
    golden = {"segs": segs.astype(np.uint8), "fractions": FRACTIONS.numpy()}
    for layer in LEVEL_LAYERS:
        golden[f"{layer}/units"] = channels_last(units[layer])
    for case in NAMES:
        # The first slot has no materials, and so all that "single" has names for.
        used = segs[:, :1] if case == "single" else segs
        model = original.Planted(units, used, NAMES[case])
        for run, threshold in (("fixed", 0.005), ("iqr", "iqr")):
            for exact in (False, True):
                name = f"{run}_exact" if exact else run
                golden |= dissect(dissection, model, case, name, threshold, exact)
                for layer in LEVEL_LAYERS:
                    place = f"{case}/{name}/{layer}"
                    level = golden[f"{place}/level"]
                    golden[f"{place}/margin"] = inputs.margins(units[layer], level)
    return golden


def dissect(dissection, model, case, run, threshold, exact: bool) -> dict:
    """Returns what a run of the original's `dissect` finds in each layer."""
    layers = list(model.retained_features())
    golden = {}
    torch.manual_seed(0)
    with (
        original.patched(dissection, exact) as kept,
        original.output_folder(layers) as folder,
    ):
        (topk, _, level, _), _ = dissection.dissect(
            folder,
            model,
            model.latents,
            segrunner=dissection.GeneratorSegRunner(model),
            quantile_threshold=threshold,
            examples_per_unit=TOP_K,
            make_images=False,
            num_workers=0,
        )
        report = json.loads(pathlib.Path(folder, "dissect.json").read_text())
        for layer, record in zip(layers, report["layers"], strict=True):
            place = f"{case}/{run}/{layer}"
            golden[f"{place}/level"] = level[layer].numpy()
            for old, new in REPORT.items():
                golden[f"{place}/{new}"] = np.array([u[old] for u in record["units"]])
            golden |= read(folder, layer, "bincounts", COUNTS, place)
            golden |= read(folder, layer, "bincounts", CASE_COUNTS, case)
            values, images = topk[layer].result()
            golden[f"{layer}/top_values"] = values.numpy()
            golden[f"{layer}/top_images"] = images.numpy()
            if threshold == "iqr":
                golden |= read(folder, layer, "iqr", SEARCH, place)
                fractions = golden.pop(f"{place}/best_fraction")
                buckets = np.searchsorted(FRACTIONS.numpy(), fractions)
                golden[f"{place}/best_bucket"] = buckets
                pooled = kept["quantiles"][layer].conditional(("all",))
                golden[f"{place}/candidates"] = pooled.quantiles(1 - FRACTIONS).numpy()
                if exact:
                    # Guarded only on a CPU, where it shares memory with what is.
                    curve = {"full_iqr": "curve"}
                    golden |= read(folder, layer, "iqr", curve, place)
    return golden


def read(folder: str, layer: str, file: str, names: dict, place: str) -> dict:
    """Returns arrays that the original wrote for a layer, under new names."""
    with np.load(pathlib.Path(folder, layer, f"{file}.npz")) as arrays:
        return {f"{place}/{new}": arrays[old] for old, new in names.items()}


def channels_last(units: np.ndarray) -> np.ndarray:
    return np.moveaxis(units, 1, -1)


if __name__ == "__main__":
    main(*sys.argv[1:])
