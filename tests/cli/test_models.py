"""`jgan models`, against the zoo's table."""

import jgan
from jgan import zoo
from tests.generators import make_gan


def test_models_lists_the_zoo_one_line_each(run):
    status, out, err = run("models")
    assert (status, err) == (0, "")
    lines = {line.split()[0]: line.split() for line in out.splitlines()}
    assert {*zoo.names()} <= {*lines}
    assert lines["eyes"][1:4] == ["dcgan", "128", "8"]
    assert lines["eyes"][-1] == "pull"
    assert lines["scenes64"][-1] == lines["eigen64"][-1] == "shipped"
    assert lines["biggan-128"][-1] == "instructions"
    cifar, cats = lines["stylegan2-ada-cifar10-32"], lines["stylegan2-genforce-cat-256"]
    assert cifar[1:5] == ["stylegan2", "32", "10", "-"]
    assert cats[1:5] == ["stylegan2", "256", "-", "0.7"]


def test_models_knows_what_is_ready(run):
    jgan.save(make_gan("dcgan"), zoo.folder_of("faces-celeba"))
    _, out, _ = run("models")
    (line,) = (line for line in out.splitlines() if "faces-celeba" in line)
    assert line.split()[-1] == "ready"
