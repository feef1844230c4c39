"""A stretch of a file that cannot be left, read in pieces it really holds.

Everything a file declares about its own sizes is compared with the stretch before a
byte is allocated.
"""

from io import BufferedIOBase

import numpy as np

from jgan.convert.readers._errors import refusal, shown


class Window:
    """The bytes `start` to `stop` of an open file, or of bytes in memory.

    Attributes:
        position: Where the next read starts, counted from the start of the file.
        stop: Where the stretch ends.
    """

    def __init__(self, file: BufferedIOBase, start: int, stop: int):
        self._file = file
        self.position = start
        self.stop = stop

    @property
    def remaining(self) -> int:
        """Number of bytes not read yet."""
        return self.stop - self.position

    def read(self, size: int) -> bytes:
        """Returns exactly the next `size` bytes.

        Raises:
            CheckpointError: If the stretch holds fewer.
        """
        self._require(size)
        # Several windows share one file, so none may rely on where the file stands.
        self._file.seek(self.position)
        data = self._file.read(size)
        self._advance(size, len(data))
        return data

    def fill(self, array: np.ndarray) -> None:
        """Reads the next bytes into the whole of a flat uint8 array, without a copy."""
        self._require(array.nbytes)
        self._file.seek(self.position)
        filled = self._file.readinto(array.data) if array.nbytes else 0
        self._advance(array.nbytes, filled)

    def line(self, limit: int) -> str:
        """Returns the text up to the next line feed, which is consumed.

        Args:
            limit: Longest line, in bytes, that is not refused.
        """
        self._file.seek(self.position)
        data = self._file.readline(min(limit + 1, self.remaining))
        if not data.endswith(b"\n"):
            raise refusal(f"a line of text at byte {self.position} does not end")
        self.position += len(data)
        try:
            return data[:-1].decode()
        except UnicodeDecodeError:
            raise refusal(f"{shown(data)} is not text") from None

    def _require(self, size: int) -> None:
        if size > self.remaining:
            raise refusal(
                f"it is truncated or lies about its sizes: {size} bytes are promised at"
                f" byte {self.position}, {self.remaining} are there"
            )

    def _advance(self, wanted: int, got: int) -> None:
        if got != wanted:
            raise refusal(
                f"it shrank while it was read, to {self.position + got} bytes"
            )
        self.position += wanted
