"""`jgan components`: what it asks for, what reads the images, and what it refuses."""

import pathlib

from jgan import segment, zoo

# What the fixture `asked` stands in for.
WRITER = "write_components"


def test_options_reach_the_page(run, folder, asked):
    options = ("--layer", "layer2", "--num-images", "9", "--seed", "3", "--out", "here")
    status, out, _ = run("components", folder, *options)
    assert status == 0
    page = pathlib.Path("here", "index.html").resolve()
    assert out == f"Open {page} in a browser.\n"
    assert asked == {
        "name": "dcgan_conditional",
        "out": "here",
        "layer": "layer2",
        "reader": None,
        "num_images": 9,
        "seed": 3,
    }


def test_images_are_read_by_what_fits(run, folder, asked):
    assert run("components", "scenes64")[0] == 0
    assert isinstance(asked["reader"], segment.SceneAttributes)
    assert (asked["layer"], asked["num_images"]) == (None, 4000)
    assert run("components", "scenes64", "--attributes", "none")[0] == 0
    assert asked["reader"] is None
    assert run("components", folder, "--attributes", "scenes")[0] == 0
    assert isinstance(asked["reader"], segment.SceneAttributes)


def test_faces_take_the_extra(run, folder, asked, monkeypatch):
    parts = segment.FaceParts(b"")
    monkeypatch.setattr(zoo, "face_parts", lambda callback: parts)
    assert run("components", folder, "--attributes", "faces")[0] == 0
    assert asked["reader"] == segment.FaceAttributes(parts)

    def missing(callback):
        raise ImportError(
            'Face parts need ai-edge-litert: run `pip install "jgan[faces]"`.'
        )

    monkeypatch.setattr(zoo, "face_parts", missing)
    status, _, errors = run("components", folder, "--attributes", "faces")
    assert status == 1
    assert "pip install" in errors


def test_what_cannot_be_is_refused(run, folder):
    status, _, errors = run("components", folder, "--layer", "nowhere")
    assert status == 1
    assert "has no layer 'nowhere'" in errors
    assert not pathlib.Path("components").exists()
    assert run("components", folder, "--seed", "-1")[0] == 1
