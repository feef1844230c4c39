"""Writes TensorFlow's own convolutions, plain and transposed, of stride 1 and 2.

Run from the root of jgan, with tensorflow 2.18 installed in an environment of its own:

    python -m tests.golden.make_tensorflow_convs
"""

import pathlib

import numpy as np
import tensorflow as tf

_FILE = pathlib.Path(__file__).with_name("tensorflow_convs.npz")


def main() -> None:
    draw = np.random.default_rng(0)
    numbers = lambda *shape: np.float32(draw.standard_normal(shape))
    # Outputs are then about 1.
    even = lambda kernel, units: kernel / np.float32(np.sqrt(units * len(kernel) ** 2))
    arrays = {}
    x, kernel = numbers(2, 4, 6, 5), even(numbers(3, 3, 7, 5), 5)
    arrays["up"] = (
        x,
        kernel,
        tf.nn.conv2d_transpose(x, kernel, (2, 8, 12, 7), 2, "SAME"),
    )
    x, kernel = numbers(2, 6, 4, 5), even(numbers(3, 3, 5, 7), 5)
    arrays["down"] = x, kernel, tf.nn.conv2d(x, kernel, 2, "SAME")
    x, kernel = numbers(2, 5, 6, 4), even(numbers(7, 7, 4, 3), 4)
    arrays["same"] = x, kernel, tf.nn.conv2d(x, kernel, 1, "SAME")
    np.savez_compressed(
        _FILE,
        **{
            f"{name}/{part}": np.asarray(value)
            for name, values in arrays.items()
            for part, value in zip(("x", "kernel", "y"), values, strict=True)
        },
    )


if __name__ == "__main__":
    main()
