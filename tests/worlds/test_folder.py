"""A folder of images: what is read of each file, the classes, and what is refused."""

import io
import struct
import zlib

import jax
import numpy as np
import PIL.Image
import pytest

from jgan import images
from jgan.worlds import Batch, FolderWorld, World

_RED, _BLUE = (200, 30, 10), (10, 40, 220)


def _save(path, image, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(image, np.ndarray):
        image = PIL.Image.fromarray(image)
    image.save(path, **options)
    return path


def _flat(color, size=(8, 8), mode="RGB"):
    return PIL.Image.new(mode, size, color)


def _read(folder, resolution=8):
    """The only image of a folder, as bytes."""
    batch = FolderWorld(folder, resolution=resolution).sample(1, key=jax.random.key(0))
    return images.to_uint8(batch.images)[0]


@pytest.fixture
def noise():
    return np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)


def test_it_is_a_world_whose_images_are_the_files(tmp_path, noise, new_key):
    _save(tmp_path / "a.png", noise)
    world = FolderWorld(tmp_path, resolution=8)
    assert isinstance(world, World)
    assert (world.resolution, world.class_names) == (8, ())
    batch = world.sample(3, key=new_key())
    assert isinstance(batch, Batch)
    assert batch.images.dtype == np.float32
    assert batch.class_label is None
    # A level of 8 bits is 2/255 wide.
    want = np.broadcast_to(noise / 127.5 - 1, (3, 8, 8, 3))
    np.testing.assert_allclose(batch.images, want, atol=1e-6)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.JPEG", "a.webp"])
def test_every_format_is_read(name, tmp_path):
    _save(tmp_path / name, _flat(_RED))
    # Lossy formats keep a flat color within their rounding to chroma.
    np.testing.assert_allclose(_read(tmp_path), np.full((8, 8, 3), _RED), atol=3)


def test_other_and_hidden_files_are_left_out(tmp_path, noise):
    _save(tmp_path / "a.png", noise)
    _save(tmp_path / ".b.png", _flat(_RED))
    _save(tmp_path / ".cache" / "c.png", _flat(_RED))
    (tmp_path / "readme.txt").write_text("Painted by hand.")
    np.testing.assert_array_equal(_read(tmp_path), noise)


def test_sub_folders_are_classes_in_the_order_of_their_names(tmp_path, new_key):
    _save(tmp_path / "zebra" / "a.png", _flat(_RED))
    _save(tmp_path / "ape" / "a.png", _flat(_BLUE))
    _save(tmp_path / "ape" / "b.png", _flat(_BLUE))
    world = FolderWorld(str(tmp_path), resolution=8)
    assert world.class_names == ("ape", "zebra")
    batch = world.sample(64, key=new_key())
    colors = images.to_uint8(batch.images)[:, 0, 0]
    want = np.asarray([_BLUE, _RED])[np.asarray(batch.class_label)]
    np.testing.assert_array_equal(colors, want)
    assert {*np.asarray(batch.class_label)} == {0, 1}


def test_the_same_key_draws_the_same_images_whatever_the_machine_lists(
    tmp_path, new_key, monkeypatch
):
    for i in range(20):
        _save(tmp_path / f"{i:02d}.png", _flat((i, i, i)))
    world, key = FolderWorld(tmp_path, resolution=4), new_key()
    batch = world.sample(500, key=key)
    np.testing.assert_array_equal(batch.images, world.sample(500, key=key).images)
    other = world.sample(500, key=new_key())
    assert (np.asarray(batch.images) != np.asarray(other.images)).any()
    # Evenly: five standard deviations of a count of 25.
    counts = np.bincount(images.to_uint8(batch.images)[:, 0, 0, 0], minlength=20)
    assert len(counts) == 20
    assert (abs(counts - 25) < 25).all()
    inside = type(tmp_path).iterdir
    monkeypatch.setattr(
        type(tmp_path), "iterdir", lambda self: reversed([*inside(self)])
    )
    again = FolderWorld(tmp_path, resolution=4).sample(500, key=key)
    np.testing.assert_array_equal(batch.images, again.images)


@pytest.mark.parametrize("size", [(24, 8), (8, 24)])
def test_the_middle_square_is_kept(size, tmp_path, noise):
    wide = _flat((255, 0, 255), size)
    wide.paste(PIL.Image.fromarray(noise), ((size[0] - 8) // 2, (size[1] - 8) // 2))
    _save(tmp_path / "a.png", wide)
    np.testing.assert_array_equal(_read(tmp_path), noise)


def test_fine_patterns_are_averaged_when_an_image_shrinks(tmp_path):
    # Every other pixel black: every eighth alone would be one of the two.
    checks = np.indices((64, 64)).sum(0) % 2 * np.uint8(254)
    _save(tmp_path / "a.png", np.repeat(checks[..., None].astype(np.uint8), 3, -1))
    got = _read(tmp_path)
    # Lanczos leaves a ripple of a few levels at the border.
    np.testing.assert_allclose(got, np.full((8, 8, 3), 127), atol=6)


def test_small_images_are_enlarged(tmp_path):
    _save(tmp_path / "a.png", _flat(_RED, (2, 3)))
    np.testing.assert_array_equal(_read(tmp_path, 16), np.full((16, 16, 3), _RED))


def test_photographs_are_turned_upright(tmp_path, noise):
    exif = PIL.Image.Exif()
    # Orientation 6: the first row of the file is the right side of the picture.
    exif[0x0112] = 6
    _save(tmp_path / "a.png", noise, exif=exif)
    np.testing.assert_array_equal(_read(tmp_path), np.rot90(noise, -1))


def test_gray_becomes_rgb(tmp_path, noise):
    _save(tmp_path / "a.png", noise[..., 0])
    np.testing.assert_array_equal(_read(tmp_path), np.repeat(noise[..., :1], 3, -1))


def test_sixteen_bits_become_eight(tmp_path, noise):
    _save(tmp_path / "a.png", noise[..., 0].astype(np.uint16) * 257)
    np.testing.assert_array_equal(_read(tmp_path), np.repeat(noise[..., :1], 3, -1))


def test_black_and_white_and_cmyk_are_read(tmp_path):
    _save(tmp_path / "one" / "a.png", _flat(1, mode="1"))
    np.testing.assert_array_equal(_read(tmp_path / "one"), np.full((8, 8, 3), 255))
    _save(tmp_path / "two" / "a.jpg", _flat((0, 255, 255, 0), mode="CMYK"))
    want = np.full((8, 8, 3), (255, 0, 0))
    np.testing.assert_allclose(_read(tmp_path / "two"), want, atol=3)


@pytest.mark.parametrize("name", ["a.png", "a.webp"])
def test_what_is_transparent_is_white(name, tmp_path):
    half = PIL.Image.new("RGBA", (8, 8), (*_RED, 255))
    half.paste((0, 0, 0, 0), (0, 0, 8, 4))
    half.putpixel((0, 7), (*_RED, 51))
    _save(tmp_path / name, half, **({"lossless": True} if "webp" in name else {}))
    got = _read(tmp_path)
    np.testing.assert_array_equal(got[:4], np.full((4, 8, 3), 255))
    np.testing.assert_array_equal(got[4:7], np.full((3, 8, 3), _RED))
    # A fifth of the color, on white.
    want = 255 + 0.2 * (np.asarray(_RED) - 255)
    np.testing.assert_allclose(got[7, 0], want, atol=1)


def test_a_transparent_level_of_a_palette_is_white(tmp_path):
    image = PIL.Image.new("P", (8, 8), 1)
    image.putpalette([*_RED, *_BLUE])
    image.paste(0, (0, 0, 8, 4))
    _save(tmp_path / "a.png", image, transparency=0)
    got = _read(tmp_path)
    np.testing.assert_array_equal(got[:4], np.full((4, 8, 3), 255))
    np.testing.assert_array_equal(got[4:], np.full((4, 8, 3), _BLUE))


def test_of_an_animation_the_first_frame_counts(tmp_path):
    frames = [_flat(_RED), _flat(_BLUE)]
    _save(tmp_path / "a.png", frames[0], save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(_read(tmp_path), np.full((8, 8, 3), _RED))


def test_a_missing_folder_is_refused(tmp_path):
    for path in (tmp_path / "none", _save(tmp_path / "a.png", _flat(_RED))):
        with pytest.raises(FileNotFoundError, match=f"There is no folder {path}"):
            FolderWorld(path, resolution=8)


def test_no_images_are_refused(tmp_path):
    (tmp_path / "a.gif").write_bytes(b"")
    with pytest.raises(ValueError, match=r"no image in .* end in \.png, \.jpg"):
        FolderWorld(tmp_path, resolution=8)


def test_a_class_without_images_is_refused(tmp_path):
    _save(tmp_path / "ape" / "a.png", _flat(_RED))
    (tmp_path / "zebra").mkdir()
    with pytest.raises(ValueError, match="There is no image in .*zebra"):
        FolderWorld(tmp_path, resolution=8)


def test_images_beside_classes_are_refused(tmp_path):
    _save(tmp_path / "ape" / "a.png", _flat(_RED))
    _save(tmp_path / "b.png", _flat(_RED))
    with pytest.raises(ValueError, match=r"sub-folders, such as ape, .* as b\.png"):
        FolderWorld(tmp_path, resolution=8)


def test_a_folder_in_a_class_is_refused(tmp_path):
    _save(tmp_path / "ape" / "old" / "a.png", _flat(_RED))
    with pytest.raises(ValueError, match="ape.old lies in a class"):
        FolderWorld(tmp_path, resolution=8)


def _broken(noise):
    file = io.BytesIO()
    PIL.Image.fromarray(noise.repeat(8, 0).repeat(8, 1)).save(file, "png")
    whole = file.getvalue()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    file = io.BytesIO()
    PIL.Image.fromarray(noise).save(file, "gif")
    return {
        "empty": b"",
        "text": b"not an image",
        "cut": whole[: len(whole) // 2],
        "flipped": bytes(flipped),
        "another format": file.getvalue(),
    }


@pytest.mark.parametrize("kind", ["empty", "text", "cut", "flipped", "another format"])
def test_a_broken_file_is_named(kind, tmp_path, noise):
    _save(tmp_path / "a.png", noise)
    (tmp_path / "b.png").write_bytes(_broken(noise)[kind])
    with pytest.raises(ValueError, match=r"b\.png cannot be read as an image: "):
        FolderWorld(tmp_path, resolution=8)


def test_a_decompression_bomb_is_refused_before_it_is_unpacked(tmp_path):
    def chunk(name, data):
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    # The head of a picture of 3.6 GB.
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", b""), chunk(b"IEND", b"")]
    (tmp_path / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    with pytest.raises(ValueError, match=r"b\.png cannot .* decompression bomb"):
        FolderWorld(tmp_path, resolution=8)


@pytest.mark.parametrize("resolution", [3, 1025, -8])
def test_sizes_out_of_bounds_are_refused(resolution, tmp_path):
    with pytest.raises(ValueError, match=f"resolution is {resolution}; give 4 to 1024"):
        FolderWorld(tmp_path, resolution=resolution)


def test_no_images_cannot_be_drawn(tmp_path, noise, new_key):
    _save(tmp_path / "a.png", noise)
    with pytest.raises(ValueError, match="num_images is 0; it takes at least 1"):
        FolderWorld(tmp_path, resolution=8).sample(0, key=new_key())
