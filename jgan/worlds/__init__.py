"""Data to train on and to measure against.

A `World` is a source of batches of images. `ScenesWorld` draws landscapes whose every
pixel is labeled (`jgan.worlds.scenes` has the labels), `FolderWorld` reads a folder of
images, `BatchesWorld` takes what another program loads.
"""

from jgan.worlds._world import (
    Batch as Batch,
    BatchesWorld as BatchesWorld,
    ScenesWorld as ScenesWorld,
    World as World,
)
from jgan.worlds.folder import FolderWorld as FolderWorld, read_image as read_image
