"""The dissection goldens, in jgan's conventions: concepts from 0, and -1 for none."""

import functools
import pathlib

import numpy as np

_FOLDER = pathlib.Path(__file__).parents[1] / "golden"


@functools.cache
def golden(name):
    with np.load(_FOLDER / f"dissection_{name}.npz") as file:
        return {key: file[key] for key in file.files}


def concepts_of(case, file):
    """Which original labels are concepts, and the category of each, from 0.

    The original counts label 0, "none", as one of a category unless that has a category
    of its own. Where it does, none is no concept here; elsewhere it is the first.
    """
    label_category = file[f"{case}/label_category"]
    first = 1 if case == "multi_none" else 0
    return first, (label_category - first)[first:]


def labels_of(case, segmentations):
    """The labels of a case, channels last."""
    first = 1 if case == "multi_none" else 0
    return np.moveaxis(segmentations, 1, -1).astype(np.int32) - first
