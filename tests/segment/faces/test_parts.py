"""Face parts of a real generator's faces: where they lie, and the laws of reading."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.segment import ScoringSegmenter, Segmenter
from jgan.segment.faces import CONCEPTS, FaceParts
from tests.helpers import unchecked

_segment = jax.jit(FaceParts.segment)
_BACKGROUND = CONCEPTS.index("background")
_PARTS = CONCEPTS[:-1]


def _rows(labels, concept):
    """The mean row of a concept in each image."""
    mask = np.asarray(labels) == CONCEPTS.index(concept)
    row = np.arange(labels.shape[1]) + 0.5
    return (mask * row[None, :, None]).sum(axis=(1, 2)) / mask.sum(axis=(1, 2))


def _iou(a, b, concept):
    a, b = (np.asarray(x) == CONCEPTS.index(concept) for x in (a, b))
    return (a & b).sum() / (a | b).sum()


def test_it_tells_labels_and_promises_no_scores():
    parts = FaceParts(b"")
    assert isinstance(parts, Segmenter)
    assert not isinstance(parts, ScoringSegmenter)


@pytest.mark.network
def test_labels_are_parts_and_every_face_is_found(parts, faces):
    labels = _segment(parts, faces)
    assert parts.concepts == CONCEPTS
    assert labels.shape == (16, 64, 64)
    assert labels.dtype == jnp.int32
    # All sixteen look like faces to a person, and all have all parts.
    assert parts.detect(faces).all()
    for image in np.asarray(labels):
        assert set(np.unique(image)) == set(range(len(CONCEPTS)))


@pytest.mark.network
def test_brows_lie_above_eyes_above_nose_above_lips(parts, faces):
    labels = _segment(parts, faces)
    rows = np.stack([_rows(labels, c) for c in ("brows", "eyes", "nose", "lips")])
    # The closest are five pixels apart, of 64.
    assert np.diff(rows, axis=0).min() > 4


@pytest.mark.network
def test_parts_have_the_size_that_parts_have(parts, faces):
    labels = np.asarray(_segment(parts, faces))
    share = {c: (labels == i).mean() for i, c in enumerate(_PARTS)}
    # Measured on 256 faces. Sixteen scatter by less than a fourth.
    usual = {"lips": 0.014, "eyes": 0.008, "brows": 0.011, "nose": 0.032, "face": 0.347}
    for concept, want in usual.items():
        assert 0.75 * want < share[concept] < 1.25 * want, (concept, share)


@pytest.mark.network
def test_the_mirrored_image_has_the_mirrored_parts(parts, faces):
    labels = np.asarray(_segment(parts, faces))
    mirrored = np.asarray(_segment(parts, faces[:, :, ::-1]))[:, :, ::-1]
    # But for a contour that rounding moves over a pixel's center.
    assert (mirrored == labels).mean() > 0.9999


@pytest.mark.network
def test_a_moved_face_has_moved_parts(parts, faces):
    # Not square, and the face is not in the middle: looks must follow it.
    wide = jnp.pad(faces, ((0, 0), (0, 8), (16, 0), (0, 0)), mode="edge")
    labels, moved = _segment(parts, faces), _segment(parts, wide)
    assert moved.shape == (16, 72, 80)
    # Looks begin elsewhere and end within a pixel. Thin parts are two or three high.
    for concept, bound in zip(_PARTS, (0.6, 0.75, 0.6, 0.9, 0.9), strict=True):
        assert _iou(moved[:, :64, 16:], labels, concept) > bound, concept


@pytest.mark.network
def test_the_size_of_an_image_does_not_matter(parts, faces):
    large = jax.image.resize(faces[:4], (4, 256, 256, 3), "linear")
    labels = _segment(parts, large)
    assert labels.shape == (4, 256, 256)
    # One of the four pixels next to the center of each of the sixteen.
    small = labels[:, 2::4, 2::4]
    for concept in ("nose", "face", "background"):
        # Half a pixel of 256 off, and the network sees it enlarged by another rule.
        assert _iou(small, _segment(parts, faces[:4]), concept) > 0.9, concept


@pytest.mark.network
def test_an_image_is_read_alone_and_jit_and_vmap_change_nothing(parts, faces):
    images = faces[:5].at[1].set(-1.0)
    labels = np.asarray(_segment(parts, images))
    assert (labels[1] == _BACKGROUND).all()
    assert (labels[0] != _BACKGROUND).any()
    alone = [parts.segment(image[None])[0] for image in images]
    np.testing.assert_array_equal(labels, np.stack(alone))
    mapped = jax.jit(jax.vmap(parts.segment))(images[:4].reshape(2, 2, 64, 64, 3))
    np.testing.assert_array_equal(labels[:4], mapped.reshape(4, 64, 64))


@pytest.mark.network
def test_a_batch_is_one_call(parts, faces, monkeypatch):
    calls = []

    def label(self, images):
        calls.append(images.shape)
        return np.zeros(images.shape[:-1], np.int32)

    monkeypatch.setattr(FaceParts, "_label", label)
    images = faces[:6].reshape(3, 2, 64, 64, 3)
    jax.block_until_ready(jax.jit(jax.vmap(parts.segment))(images))
    assert calls == [(3, 2, 64, 64, 3)]


@pytest.mark.network
def test_an_image_without_a_face_is_background(parts, faceless):
    assert (_segment(parts, faceless) == _BACKGROUND).all()
    assert not parts.detect(faceless).any()


@pytest.mark.network
def test_half_precision_is_read_in_float32(parts, faceless):
    labels = parts.segment(faceless.astype(jnp.bfloat16))
    assert labels.dtype == jnp.int32


@pytest.mark.network
@pytest.mark.parametrize("transform", [jax.jit, lambda function: function])
def test_no_gradient_passes_and_none_is_missing(parts, faceless, transform):
    def share(images):
        outside = parts.segment(images) == _BACKGROUND
        return jnp.mean(images * outside[..., None].astype(images.dtype))

    gradient = transform(jax.grad(share))(faceless)
    # All is background: the mean of all values, as if the mask were a constant.
    np.testing.assert_allclose(gradient, 1 / faceless.size, rtol=1e-6)


@pytest.mark.network
def test_two_of_them_are_one_program(parts):
    traces = []

    @jax.jit
    def run(parts, images):
        traces.append(images.shape)
        return parts.segment(images)

    images = jnp.zeros((1, 64, 64, 3))
    run(parts, images)
    run(FaceParts(bytes(bytearray(parts.network))), images)
    assert len(traces) == 1


_LAMPS = np.repeat(np.eye(64, dtype=np.float32)[None, :, :, None], 3, axis=3)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((64, 64, 3), np.float32), r"shape \(64, 64, 3\); give \(image, row"),
        (np.zeros((1, 3, 64, 64), np.float32), r"shape \(1, 3, 64, 64\)"),
        (np.zeros((0, 64, 64, 3), np.float32), "at least one image"),
        (np.zeros((1, 64, 64, 3), np.uint8), r"are uint8; give floating .* \[-1, 1\]"),
        (np.full((1, 64, 64, 3), 255, np.float32), r"255 to 255; give .* \[-1, 1\]"),
        (np.full((1, 64, 64, 3), np.nan, np.float32), r"nan to nan; give"),
        # A dark photograph in bytes with a few lamps, and a bright one beside another.
        (np.float32(255) * _LAMPS, "0 to 255; give"),
        (np.ones((2, 64, 64, 3), np.float32) * [[[[1]]], [[[1.5]]]], "1 to 1.5; give"),
    ],
)
def test_what_is_no_image_is_refused(images, message):
    with pytest.raises(ValueError, match=message):
        unchecked(FaceParts.segment)(FaceParts(b""), jnp.asarray(images))


@pytest.mark.network
def test_what_a_generator_overshoots_is_cut_off_as_in_a_picture(parts, faces):
    beyond = jnp.where(jnp.abs(faces) > 0.95, 1.3 * faces, faces)
    assert float(jnp.abs(beyond).max()) > 1.2
    cut = jnp.clip(beyond, -1, 1)
    np.testing.assert_array_equal(_segment(parts, beyond), _segment(parts, cut))


def test_values_out_of_range_are_refused_inside_of_a_program():
    with pytest.raises(jax.errors.JaxRuntimeError, match=r"give values in \[-1, 1\]"):
        jax.block_until_ready(_segment(FaceParts(b""), jnp.full((1, 8, 8, 3), 2.0)))
