"""Where a face lies in an image: MediaPipe's face mesh network, run on the CPU.

The network (Kartynnik et al., 2019, arXiv:1907.06724) is a file that
`jgan.zoo.face_parts` fetches; the extra ``faces`` brings what runs it.

The network was made to see a square around the face, half as large again as the face.
The faces of generators fill the picture, so the first look is at the whole picture, and
each further look at a square round what the last one saw. MediaPipe's detector is not
asked: with it before, no more faces are found. Every look is at the mirrored picture
too, and the mean of both counts: alone they differ by half a pixel of 64 or more, where
an eye is three pixels high.
"""

import importlib
from collections.abc import Callable

import numpy as np
import PIL.Image
from jaxtyping import Float, Float32

from jgan.segment.faces.contours import MIRROR, NUM_VERTICES, VERTICES

# Of the picture that the network sees, in pixels.
_SIDE = 192
# Of the square round a face, in sides of the face; MediaPipe's.
_MARGIN = 1.5
# The second moves contours by 0.6 pixels of 64, the fourth by 0.2. More do not make the
# parts of a face that is moved by two pixels follow any better.
_LOOKS = 4

_See = Callable[[Float32[np.ndarray, "192 192 3"]], tuple[np.ndarray, float]]


def runtime():
    """Returns the module that runs the network.

    Raises:
        ImportError: If the extra ``faces`` is not installed; the message says how.
    """
    try:
        return importlib.import_module("ai_edge_litert.interpreter")
    except ImportError as error:
        raise ImportError(
            'Face parts need ai-edge-litert: run `pip install "jgan[faces]"`.'
        ) from error


def open_network(network: bytes) -> _See:
    """Returns what the network makes of a picture in [0, 1]: vertices, and a score.

    The vertices are column and row in the picture's pixels from its corner. The score
    is above 0 if there is a face, the logit of its probability. Opening takes as long
    as seeing two pictures. What is opened must not be shared between threads.
    """
    interpreter = runtime().Interpreter(model_content=network, num_threads=1)
    interpreter.allocate_tensors()
    (picture,) = interpreter.get_input_details()
    vertices, score = interpreter.get_output_details()

    def see(pixels: Float32[np.ndarray, "192 192 3"]) -> tuple[np.ndarray, float]:
        interpreter.set_tensor(picture["index"], pixels[None])
        interpreter.invoke()
        flat = interpreter.get_tensor(vertices["index"]).astype(np.float64)
        place = flat.reshape(NUM_VERTICES, 3)[:, :2]  # The third is depth.
        return place, float(interpreter.get_tensor(score["index"]).item())

    return see


def find_landmarks(
    see: _See, image: Float32[np.ndarray, "row col 3"]
) -> tuple[Float[np.ndarray, "vertex 2"], float]:
    """Returns where the vertices of the face mesh lie in an image, and the score.

    Args:
        see: From `open_network`.
        image: In [0, 1].

    Returns:
        Column and row of each vertex in pixels from the image's upper left corner, of
        use for the vertices of contours only; and above 0 if there is a face.
    """
    rows, cols, _ = image.shape
    center, side = np.array([cols / 2, rows / 2]), float(max(rows, cols))
    place, score = _look(see, image, center, side)
    for _ in range(_LOOKS - 1):
        low, high = place[VERTICES].min(axis=0), place[VERTICES].max(axis=0)
        center, side = (low + high) / 2, _MARGIN * float((high - low).max())
        place, score = _look(see, image, center, side)
    return place, score


def _look(
    see: _See,
    image: Float32[np.ndarray, "row col 3"],
    center: Float[np.ndarray, "2"],
    side: float,
) -> tuple[Float[np.ndarray, "vertex 2"], float]:
    corner = center - side / 2
    picture = _cut(image, corner, side)
    place, score = see(picture)
    mirrored, mirrored_score = see(np.ascontiguousarray(picture[:, ::-1]))
    mirrored = [_SIDE, 0] + mirrored[MIRROR] * [-1, 1]
    place = corner + (place + mirrored) / 2 * (side / _SIDE)
    return place, (score + mirrored_score) / 2


def _cut(
    image: Float32[np.ndarray, "row col 3"],
    corner: Float[np.ndarray, "2"],
    side: float,
) -> Float32[np.ndarray, "192 192 3"]:
    """Returns a square of an image, whose edge goes on beyond it."""
    rows, cols, _ = image.shape
    beyond = max(*-corner, *(corner + side - [cols, rows]))
    pad = int(max(0, beyond)) + 1
    widths = np.array([[pad, pad], [pad, pad], [0, 0]])
    padded = np.pad(image, widths, mode="edge")
    left, top = corner + pad
    box = (left, top, left + side, top + side)
    # Pillow, because a matrix product starts threads, which next to busy cores takes
    # far longer than the network. By color: it knows floating point only in gray.
    planes = [
        PIL.Image.fromarray(plane).resize(
            (_SIDE, _SIDE), PIL.Image.Resampling.BILINEAR, box=box
        )
        for plane in np.moveaxis(padded, -1, 0)
    ]
    return np.stack([np.asarray(plane) for plane in planes], axis=-1)
