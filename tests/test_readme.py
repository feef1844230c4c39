"""The README's examples, run in a folder that holds the checkpoint they speak of."""

import doctest
import pathlib
import re

import numpy as np
import pytest

from tests.convert.stylegan2.test_pickle import write_pickle
from tests.golden import biggan_cases

pytestmark = pytest.mark.usefixtures("unoptimized")

README = pathlib.Path(__file__).parents[1] / "README.md"


@pytest.mark.torch
def test_examples_of_the_readme_run(tmp_path, monkeypatch):
    import torch

    _, arrays = biggan_cases.read("64_hier")
    state_dict = {n: torch.tensor(np.asarray(a)) for n, a in arrays.items()}
    torch.save(state_dict, tmp_path / "G_ema.pth")
    write_pickle(tmp_path / "ffhq.pkl", "nvidia_skip")
    monkeypatch.chdir(tmp_path)
    result = doctest.testfile(str(README), module_relative=False, verbose=False)
    assert result.attempted >= 15
    assert not result.failed


def test_every_test_that_the_readme_names_is_there():
    named = set(re.findall(r"\]\((tests/[^)]*)\)", README.read_text()))
    assert len(named) >= 8
    assert not [path for path in named if not (README.parent / path).is_file()]
