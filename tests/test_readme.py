"""The README's examples, run in a folder that holds the checkpoint they speak of."""

import doctest
import pathlib

import numpy as np
import pytest

from tests.golden import biggan_cases

README = pathlib.Path(__file__).parents[1] / "README.md"


@pytest.mark.torch
def test_examples_of_the_readme_run(tmp_path, monkeypatch):
    import torch

    _, arrays = biggan_cases.read("64_hier")
    state_dict = {n: torch.tensor(np.asarray(a)) for n, a in arrays.items()}
    torch.save(state_dict, tmp_path / "G_ema.pth")
    monkeypatch.chdir(tmp_path)
    result = doctest.testfile(str(README), module_relative=False, verbose=False)
    assert result.attempted >= 15
    assert not result.failed
