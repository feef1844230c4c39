"""Images as bytes, against values worked out by hand and against Pillow's reader."""

import numpy as np
import PIL.Image
import pytest

from jgan import images


def _numbered(num_images, side=2):
    levels = np.arange(1, num_images + 1, dtype=np.uint8)[:, None, None, None]
    return np.broadcast_to(levels, (num_images, side, side, 3))


def test_levels_are_rounded_to_the_nearest_and_clipped():
    values = np.array([-2, -1, -0.5, 0.0, 1 - 1.1 / 255, 1 - 0.9 / 255, 1, 3])
    got = images.to_uint8(values.reshape(1, 1, 8, 1)).ravel()
    np.testing.assert_array_equal(got, [0, 0, 64, 128, 254, 255, 255, 255])


def test_bytes_survive_the_round_trip_through_floats():
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    floats = levels.astype(np.float32) / 127.5 - 1
    np.testing.assert_array_equal(images.to_uint8(floats), levels)


def test_nan_is_refused():
    with pytest.raises(ValueError, match="1 values of the images are NaN"):
        images.to_uint8(np.array([[[np.nan, 0.0]]]))


def test_grid_goes_row_by_row_and_leaves_the_rest_white():
    picture = images.grid(_numbered(5), cols=3, padding=1)
    assert picture.shape == (7, 10, 3)
    np.testing.assert_array_equal(picture[1, [1, 4, 7], 0], [1, 2, 3])
    np.testing.assert_array_equal(picture[4, [1, 4, 7], 0], [4, 5, 255])
    np.testing.assert_array_equal(picture[[0, 3, 6]], 255)
    np.testing.assert_array_equal(picture[:, [0, 3, 6, 9]], 255)


def test_grid_without_padding_is_the_images_side_by_side():
    picture = images.grid(_numbered(2), cols=2, padding=0)
    np.testing.assert_array_equal(picture, np.concatenate([*_numbered(2)], axis=1))


@pytest.mark.parametrize(("num_images", "cols", "padding"), [(0, 1, 2), (3, 0, 2)])
def test_an_empty_grid_is_refused(num_images, cols, padding):
    with pytest.raises(ValueError, match="Cannot lay out"):
        images.grid(_numbered(num_images), cols=cols, padding=padding)


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 1), (3, 4, 3), (3, 4, 4)])
def test_png_holds_the_same_bytes(tmp_path, shape):
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    path = images.write_png(tmp_path / "a.png", image)
    with PIL.Image.open(path) as opened:
        np.testing.assert_array_equal(np.asarray(opened), image.squeeze())


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = images.write_png(tmp_path / "a.png", np.zeros((2, 2, 3), np.uint8))
    before = path.read_bytes()

    def run_out_of_space(self, file, format):
        file.write_bytes(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(PIL.Image.Image, "save", run_out_of_space)
    with pytest.raises(OSError, match="No space left"):
        images.write_png(path, np.ones((2, 2, 3), np.uint8))
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]
    assert path.read_bytes() == before


def test_other_names_and_missing_folders_are_refused(tmp_path):
    image = np.zeros((2, 2, 3), np.uint8)
    with pytest.raises(ValueError, match=r"does not end in \.png"):
        images.write_png(tmp_path / "a.jpg", image)
    with pytest.raises(ValueError, match="is a folder"):
        images.write_png(tmp_path.rename(tmp_path.with_name("b.png")), image)
    with pytest.raises(FileNotFoundError, match="There is no folder .*missing"):
        images.write_png(tmp_path / "missing" / "a.png", image)
