"""Finding the generator in a file, whatever it lies in."""

import numpy as np
import pytest

from jgan.convert import ConversionError, checkpoint, convert_checkpoint
from tests.golden import biggan_cases


def _biggan():
    return biggan_cases.read("32_unshared")[1]


def _find(content, **options):
    return checkpoint.find_generator(content, **options)


def test_a_bare_state_dict_is_found():
    family, arrays, _ = _find(_biggan())
    assert family == "biggan"
    assert "linear.weight" in arrays


def test_names_of_data_parallel_are_stripped():
    wrapped = {f"module.{name}": array for name, array in _biggan().items()}
    assert _find(wrapped)[1].keys() == _biggan().keys()


@pytest.mark.parametrize("averaged", ["G_ema", "g_ema", "generator_smooth", "ema"])
def test_the_averaged_generator_is_preferred(averaged):
    other = {name: 2 * array for name, array in _biggan().items()}
    content = {"state": {"G": other, averaged: _biggan()}, "step": 7}
    _, arrays, _ = _find(content["state"])
    np.testing.assert_array_equal(arrays["linear.weight"], _biggan()["linear.weight"])
    family, arrays, _ = _find(content)
    np.testing.assert_array_equal(
        arrays["linear.weight"], _biggan()["linear.weight"], family
    )


def test_two_generators_without_a_preference_are_refused():
    with pytest.raises(ConversionError, match=r"one.*two.*by itself"):
        _find({"one": _biggan(), "two": _biggan()})


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ({}, "no arrays"),
        ([np.zeros(3)], "no arrays"),
        (np.zeros(3), "no arrays"),
        ({"weight": np.zeros(3)}, "begin weight.*--family"),
    ],
)
def test_a_file_without_a_generator_says_what_it_holds(content, complaint):
    with pytest.raises(ConversionError, match=complaint):
        _find(content)


def test_a_mapping_that_holds_itself_many_times_is_walked_once():
    inner = {}
    for _ in range(40):
        inner = {str(i): inner for i in range(40)}
    with pytest.raises(ConversionError, match="no arrays"):
        _find(inner)


def test_a_named_family_explains_what_does_not_fit(tmp_path):
    np.savez(tmp_path / "other.npz", **{"weight": np.zeros((3, 4))})
    with pytest.raises(ConversionError, match=r"other\.npz.*0 blocks"):
        convert_checkpoint(tmp_path / "other.npz", family="biggan")
    with pytest.raises(ValueError, match="'gpt'"):
        convert_checkpoint(tmp_path / "other.npz", family="gpt")


def test_the_number_of_classes_must_agree(tmp_path):
    np.savez(tmp_path / "gan.npz", **_biggan())
    with pytest.raises(ConversionError, match="6 classes, not 9"):
        convert_checkpoint(tmp_path / "gan.npz", num_classes=9)
    names = tuple("abcdef")
    gan = convert_checkpoint(tmp_path / "gan.npz", class_names=names, name="mine")
    assert (gan.name, gan.class_names, gan.family) == ("mine", names, "biggan")
