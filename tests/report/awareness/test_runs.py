"""A page is written whole or not at all, and nonsense is refused before any work."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import awareness
from jgan.report import write_awareness
from tests.generators import make_gan
from tests.report.awareness.conftest import (
    GANS,
    LAYER,
    PERFORMANCE,
    bytes_of,
    planted_gan,
    write_page_of,
)

pytestmark = pytest.mark.usefixtures("unoptimized")

_MARK = '<meta name="generator" content="jgan channel awareness page">'


def _nan_gan():
    gan = make_gan("dcgan_conditional")
    return dataclasses.replace(
        gan, params=jax.tree.map(lambda x: jnp.full_like(x, jnp.nan), gan.params)
    )


def test_a_page_is_replaced(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "index.html").write_text(_MARK)
    (out / "stale").touch()
    assert write_page_of("planted", out) == out / "index.html"
    assert not (out / "stale").exists()
    assert [*tmp_path.iterdir()] == [out]


@pytest.mark.parametrize("text", ["My diary", '<meta content="jgan dissection">'])
def test_anything_else_is_not_replaced(tmp_path, text):
    (tmp_path / "index.html").write_text(text)
    before = bytes_of(tmp_path)
    with pytest.raises(FileExistsError, match="exists and is not a channel awareness"):
        write_page_of("planted", tmp_path)
    assert bytes_of(tmp_path) == before


def test_classes_that_nothing_tells_apart_are_refused(tmp_path):
    gan = planted_gan()
    same = lambda x: jnp.broadcast_to(x[:1], x.shape)
    params = gan.params | {"fine": jax.tree.map(same, gan.params["fine"])}
    with pytest.raises(ValueError, match="tells its classes apart.*jgan tour"):
        write_awareness(dataclasses.replace(gan, params=params), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_class_that_is_like_the_mean_is_refused(tmp_path, monkeypatch):
    found = np.float32([[1, 4], [3, 0], [2, 2]])
    monkeypatch.setattr(
        awareness, "channel_awareness", lambda gan, **options: {LAYER: found}
    )
    with pytest.raises(ValueError, match="Class 7 of .* has the mean awareness"):
        write_page_of("planted", tmp_path / "out")


def test_a_correlation_of_two_classes_is_refused_before_any_work(tmp_path):
    gan = dataclasses.replace(make_gan("dcgan_conditional"), class_names=("a", "b"))
    said = []
    with pytest.raises(ValueError, match="has 2 classes.*at least 3"):
        write_awareness(
            gan,
            tmp_path / "out",
            performance=lambda: PERFORMANCE,
            progress=lambda *doing: said.append(doing),
        )
    assert not said


def test_progress_is_told_during_the_longest_step(tmp_path):
    shares = []
    write_page_of("planted", tmp_path, progress=lambda doing, at: shares.append(at))
    assert sum(0.15 < share < 0.65 for share in shares) >= 2


@pytest.mark.parametrize(
    ("gan", "options", "complaint"),
    [
        ("planted", {"num_latents": 0}, "num_latents is 0; awareness takes at least 1"),
        ("planted", {"classes": ("7",)}, "classes are 7; name 2 to 8 different ones"),
        ("planted", {"classes": ("7", "2")}, "classes are 7, 2; name 2 to 8 different"),
        (
            "planted",
            {"classes": ("0", "3")},
            r"no class '3'. Its classes are a & <hot>, .*, 7, or by label 0\.\.2",
        ),
        ("many", {"classes": tuple("012345678")}, "name 2 to 8 different ones"),
        ("planted", {"estimator": "guess"}, "estimator is 'guess'; give auto, analyti"),
        (
            "measured",
            {"estimator": "analytic"},
            "no class-conditional normalization for estimator 'analytic' to read off",
        ),
        (
            "measured",
            {"estimator": "active_fraction"},
            "Measure its classes instead: estimator 'empirical'",
        ),
    ],
)
def test_nonsense_is_refused_before_any_work(tmp_path, gan, options, complaint):
    out = tmp_path / "out"
    out.mkdir()
    (out / "index.html").write_text(_MARK)
    before, seen = bytes_of(tmp_path), []
    with pytest.raises(ValueError, match=complaint):
        write_page_of(gan, out, progress=lambda *args: seen.append(args), **options)
    assert not seen
    assert bytes_of(tmp_path) == before


def test_a_generator_without_classes_is_told_of_the_tour(tmp_path):
    with pytest.raises(ValueError, match="dcgan has no classes, .* with `jgan tour`"):
        write_awareness(make_gan("dcgan"), tmp_path / "out")
    one = dataclasses.replace(make_gan("dcgan_conditional"), class_names=("a",))
    with pytest.raises(ValueError, match="has one class, and channel awareness compar"):
        write_awareness(one, tmp_path / "out")
    assert not [*tmp_path.iterdir()]


def test_a_failed_run_leaves_the_last_one_as_it_was(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "index.html").write_text(_MARK)
    before = bytes_of(tmp_path)
    with pytest.raises(ValueError, match="is not finite"):
        write_awareness(_nan_gan(), out, num_latents=1)

    def fail():
        raise KeyboardInterrupt

    # Almost at the end.
    with pytest.raises(KeyboardInterrupt):
        write_page_of("planted", out, performance=fail)
    assert bytes_of(tmp_path) == before
    assert [*tmp_path.iterdir()] == [out]


def test_the_estimator_is_a_choice(tmp_path):
    page = write_page_of("planted", tmp_path / "out", estimator="empirical")
    text = page.read_text("utf-8")
    assert "(estimator <em>empirical</em>)" in text
    # With class-conditional layers nothing is left out.
    assert '<section id="hybrids">' in text
    assert GANS["planted"]().conditional_layers
