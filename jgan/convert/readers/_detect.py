"""What a file is, by its content, and what to say when it is no checkpoint."""

from jgan.convert.readers._errors import NOT_A_CHECKPOINT, CheckpointError, refusal

HEAD_SIZE = 1024

_UNPACK = "Unpack it and pass a checkpoint inside"
_CONVERT = "Convert it to safetensors with the library that wrote it"
_OTHERS = (
    (b"version https://git-lfs", "it is a Git LFS pointer", "Run git lfs pull"),
    (b"\x1f\x8b", "it is compressed with gzip", _UNPACK),
    (b"BZh", "it is compressed with bzip2", _UNPACK),
    (b"\xfd7zXZ", "it is compressed with xz", _UNPACK),
    (b"7z\xbc\xaf", "it is a 7z archive", _UNPACK),
    (b"Rar!", "it is a RAR archive", _UNPACK),
    (b"\x89HDF", "it is an HDF5 file", _CONVERT),
    (b"\x93NUMPY", "it is a single NumPy array", "Save named arrays with numpy.savez"),
    (b"\x89PNG", "it is a PNG image", NOT_A_CHECKPOINT),
    (b"\xff\xd8\xff", "it is a JPEG image", NOT_A_CHECKPOINT),
)  # fmt: skip


def unknown(head: bytes) -> CheckpointError:
    """Returns the error for a file that is of none of the formats read here.

    Args:
        head: Its first `HEAD_SIZE` bytes.
    """
    for start, problem, remedy in _OTHERS:
        if head.startswith(start):
            return refusal(problem, remedy)
    if head[257:262] == b"ustar":
        return refusal("it is a tar archive (torch before 0.1.10 wrote such)", _UNPACK)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype", b"<html", b"<head", b"<?xml", b"<body")):
        return refusal(
            "it is an HTML page: the download failed",
            "Download it again, with a browser if the site asks for consent",
        )
    if head.isascii() and b"\0" not in head:
        return refusal("it is a text", NOT_A_CHECKPOINT)
    return refusal(f"its first bytes are {head[:8].hex(' ')}", NOT_A_CHECKPOINT)
