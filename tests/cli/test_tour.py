"""`jgan tour`, with a tour that is not taken."""

import pathlib

from jgan import report, zoo


def test_tour_says_last_where_to_look(run, folder, monkeypatch):
    asked = {}

    def write_tour(gan, out_folder, *, progress, **options):
        asked.update(options, name=gan.name, out=str(out_folder))
        progress("Sampling", 0.5)
        return pathlib.Path(out_folder, "index.html")

    monkeypatch.setattr(report, "write_tour", write_tour)
    status, out, _ = run("tour", folder, "--num-images", "9", "--seed", "3")
    assert status == 0
    page = pathlib.Path("tour", "index.html").resolve()
    assert out == f"Open {page} in a browser.\n"
    assert asked == {
        "num_images": 9,
        "seed": 3,
        "name": "dcgan_conditional",
        "out": "tour",
    }


def test_tour_opens_the_scenes_by_default(run, monkeypatch):
    def load(name, **_):
        raise ValueError(f"asked for {name}")

    monkeypatch.setattr(zoo, "load", load)
    assert run("tour")[2] == "jgan: asked for scenes64\n"
