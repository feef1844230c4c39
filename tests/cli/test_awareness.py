"""`jgan awareness`: what it asks for, when it measures classes, and what it refuses."""

import dataclasses
import errno
import pathlib
import tempfile

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import rich.console

import jgan
from jgan import metrics, segment, zoo
from tests.generators import make_gan

# What the fixture `asked` stands in for.
WRITER = "write_awareness"


def test_options_reach_the_page(run, folder, asked):
    options = ("--classes", "3", "1", "--estimator", "empirical", "--num-latents", "9")
    status, out, _ = run("awareness", folder, *options, "--seed", "3", "--out", "here")
    assert status == 0
    page = pathlib.Path("here", "index.html").resolve()
    assert out == f"Open {page} in a browser.\n"
    assert asked == {
        "name": "dcgan_conditional",
        "out": "here",
        "classes": ("3", "1"),
        "estimator": "empirical",
        "num_latents": 9,
        "performance": None,
        "seed": 3,
    }


def test_classes_are_measured_on_images_that_the_page_does_not_show(run, asked):
    assert run("awareness", "scenes64", "--seed", "5")[0] == 0
    of_page = jax.random.split(jax.random.key(5), 6)
    mine = asked["performance"].keywords["key"]
    data = [jax.random.key_data(key).tolist() for key in (mine, *of_page)]
    assert data[0] not in data[1:]


def test_defaults(run, folder, asked):
    assert run("awareness", folder)[0] == 0
    assert asked == {
        "name": "dcgan_conditional",
        "out": "awareness",
        "classes": (),
        "estimator": "auto",
        "num_latents": 64,
        "performance": None,
        "seed": 0,
    }


def test_progress_is_shown_on_a_terminal(run, folder, asked, monkeypatch):
    assert run("awareness", folder)[2] == ""
    terminal = rich.console.Console(stderr=True, force_terminal=True, width=80)
    monkeypatch.setattr("jgan.cli._console.err", terminal)
    assert "a [/b] part" in run("awareness", folder)[2]


def test_scenes_are_looked_at_by_default(run, monkeypatch):
    def load(name, **_):
        raise ValueError(f"asked for {name}")

    monkeypatch.setattr(zoo, "load", load)
    assert run("awareness")[2] == "jgan: asked for scenes64\n"


def test_classes_are_measured_where_real_images_are_known(run, asked, monkeypatch):
    names = segment.scenes_network().class_names
    gan = make_gan("dcgan_conditional")
    scenes = dataclasses.replace(gan, class_names=names, resolution=64)
    seen, labels = [], jnp.asarray([1, 3])

    def scenes_performance(generate, network, *, num_images, batch_size, key):
        seen.append(generate(labels, jax.random.key(5)))
        assert network.class_names == names
        # What the function asks of its sizes.
        assert batch_size % len(names) == num_images * len(names) % batch_size == 0

    monkeypatch.setattr(metrics, "scenes_performance", scenes_performance)
    monkeypatch.setattr(zoo, "load", lambda *_, **__: scenes)
    assert run("awareness")[0] == 0
    # When it is its turn, and not before.
    assert not seen
    asked["performance"]()
    latents = gan.sample_latents(2, class_label=labels, key=jax.random.key(5))
    want, _ = gan.forward(gan.params, latents)
    np.testing.assert_allclose(seen[0], want, atol=1e-6)
    # No scene is rendered at another size.
    other = dataclasses.replace(scenes, resolution=32)
    monkeypatch.setattr(zoo, "load", lambda *_, **__: other)
    assert run("awareness")[0] == 0
    assert asked["performance"] is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--num-latents", "0"), "num_latents is 0; awareness takes at least 1."),
        (("--num-latents", "-5"), "num_latents is -5; awareness takes at least 1."),
        (("--seed", "-1"), "--seed is -1. Give a whole number of 0 to 4294967295."),
        (("--seed", str(2**32)), "--seed is 4294967296. Give a whole number of 0 to"),
        (("--classes", "0", "cat"), "has no class 'cat'. Its classes are 0, 1, 2, 3,"),
        (("--classes", "0"), "classes are 0; name 2 to 8 different ones."),
        (
            ("--estimator", "analytic"),
            "dcgan_conditional has no class-conditional normalization for estimator",
        ),
        (("--out", "diary"), "diary exists and is not a channel awareness page. Choo"),
        (("--out", "diary/index.html"), "diary/index.html exists and is not a channe"),
        (("--out", "diary/index.html/out"), "diary/index.html: "),
    ],
)
def test_awareness_refuses_nonsense_and_writes_nothing(run, folder, options, message):
    pathlib.Path("diary").mkdir()
    pathlib.Path("diary", "index.html").write_text("Today")
    before = _here()
    status, out, err = run("awareness", folder, *options)
    assert (status, out) == (1, "")
    assert err.startswith("jgan: ")
    assert message in err
    assert err.count("\n") == 1
    assert _here() == before


def _here():
    """Every folder, and every file with its content."""
    paths = pathlib.Path().rglob("*")
    return {path: path.is_file() and path.read_bytes() for path in paths}


def test_a_model_that_is_not_known_is_one_line(run):
    status, out, err = run("awareness", "no-such-model")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "no-such-model" in err
    assert not _here()


def test_a_generator_without_classes_is_one_line(run, tmp_path):
    saved = jgan.save(make_gan("dcgan"), tmp_path / "plain")
    before = _here()
    status, out, err = run("awareness", saved)
    assert (status, out) == (1, "")
    assert err == (
        "jgan: dcgan has no classes, and channel awareness compares classes. Choose a "
        "class-conditional generator, or look at this one with `jgan tour`.\n"
    )
    assert _here() == before


def test_a_folder_that_cannot_be_written_is_one_line(run, folder, monkeypatch):
    # Not by its mode, which does not bind an administrator.
    def mkdtemp(*args, **options):
        raise PermissionError(errno.EACCES, "Permission denied", "taken")

    monkeypatch.setattr(tempfile, "mkdtemp", mkdtemp)
    before = _here()
    status, out, err = run("awareness", folder)
    assert (status, out, err) == (1, "", "jgan: taken: Permission denied.\n")
    assert _here() == before


def test_a_wrong_command_line_ends_with_two(run, folder):
    assert run("awareness", folder, "--estimator", "guess")[0] == 2
    assert run("awareness", folder, "--num-latents", "many")[0] == 2


@pytest.mark.slow
@pytest.mark.usefixtures("unoptimized")
def test_a_page_is_written(run, folder):
    options = ("--num-latents", "2", "--out", "deep/page")
    status, out, _ = run("awareness", folder, *options)
    assert status == 0
    page = pathlib.Path("deep", "page", "index.html")
    assert out == f"Open {page.resolve()} in a browser.\n"
    assert "Made by <code>jgan awareness</code> with seed 0" in page.read_text("utf-8")
    assert [path.name for path in pathlib.Path("deep").iterdir()] == ["page"]
