"""`jgan eigengan`: what it asks for, what reads the images, and what it refuses."""

import pathlib

from jgan import segment, zoo

# What the fixture `asked` stands in for.
WRITER = "write_eigengan"


def test_options_reach_the_page(run, folder, asked):
    options = ("--num-images", "9", "--seed", "3", "--out", "here")
    status, out, _ = run("eigengan", folder, *options)
    assert status == 0
    page = pathlib.Path("here", "index.html").resolve()
    assert out == f"Open {page} in a browser.\n"
    assert asked == {
        "name": "dcgan_conditional",
        "out": "here",
        "reader": None,
        "num_images": 9,
        "seed": 3,
    }


def test_the_one_of_scenes_is_the_default_and_its_factors_are_read(run, asked):
    assert run("eigengan")[0] == 0
    assert (asked["name"], asked["num_images"]) == ("eigen64", 4000)
    assert isinstance(asked["reader"], segment.SceneFactors)
    assert run("eigengan", "eigen64", "--attributes", "none")[0] == 0
    assert asked["reader"] is None


def test_faces_take_the_extra(run, folder, asked, monkeypatch):
    parts = segment.FaceParts(b"")
    monkeypatch.setattr(zoo, "face_parts", lambda callback: parts)
    assert run("eigengan", folder, "--attributes", "faces")[0] == 0
    assert asked["reader"] == segment.FaceAttributes(parts)


def test_what_cannot_be_is_refused(run, folder):
    status, _, errors = run("eigengan", folder)
    assert status == 1
    assert "EigenGAN" in errors
    assert not pathlib.Path("eigengan").exists()
    assert "--seed is -1" in run("eigengan", folder, "--seed", "-1")[2]
