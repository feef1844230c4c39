"""A whole network pickle becomes a generator, architecture and all, by one call."""

import subprocess
import sys

import chex
import numpy as np
import pytest

import jgan
from jgan.convert import ConversionError
from tests.convert.readers.nvidia import (
    EasyDict,
    dump,
    network,
    parameter,
    state_of,
    tensor,
)
from tests.convert.stylegan2.test_parity import convert
from tests.golden import stylegan2_cases as cases

_BUFFERS = ("noise_const", "resample_filter", "w_avg")


def _tree(arrays):
    tree = {}
    for name, array in arrays.items():
        *modules, leaf = name.split(".")
        place = tree
        for module in modules:
            place = place.setdefault(module, {})
        place[leaf] = array
    return tree


def _network(tree, **attributes):
    leaves = {n: a for n, a in tree.items() if not isinstance(a, dict)}
    modules = {n: _network(sub) for n, sub in tree.items() if isinstance(sub, dict)}
    return network(
        "Anything",
        state_of(
            {n: parameter(a) for n, a in leaves.items() if n not in _BUFFERS},
            {n: tensor(a) for n, a in leaves.items() if n in _BUFFERS},
            modules,
            **attributes,
        ),
    )


def write_pickle(path, case, *, nested=True, **changed):
    """Writes what the first repository pickles, or the second, which nests less."""
    _, arrays = cases.read(case)
    sizes = cases.CASES[case].sizes | changed
    if not nested:
        sizes = {**sizes, **sizes.pop("synthesis_kwargs")}
    sizes = EasyDict(sizes, mapping_kwargs=EasyDict(sizes["mapping_kwargs"]))
    averaged = _network(_tree(arrays), _init_args=(), _init_kwargs=sizes)
    other = _network(_tree({n: 0 * a for n, a in arrays.items()}))
    content = {"G": other, "D": None, "G_ema": averaged, "augment_pipe": None}
    path.write_bytes(dump(content))
    return path


@pytest.mark.parametrize("nested", [True, False], ids=["ada", "stylegan3"])
@pytest.mark.parametrize("case", ["nvidia_skip", "nvidia_orig"])
def test_the_averaged_network_is_converted(case, nested, tmp_path):
    path = write_pickle(tmp_path / "network.pkl", case, nested=nested)
    gan = jgan.convert_checkpoint(path)
    config, params = convert(case)
    assert gan.config == config
    assert gan.config.clamp == (1.5 if case == "nvidia_orig" else None)
    chex.assert_trees_all_equal(gan.params, params)
    # And it survives its own format, clamp or none.
    again = jgan.load(jgan.save(gan, tmp_path / "saved"))
    assert again.config == config
    chex.assert_trees_all_equal(again.params, params)


def test_the_multiplier_of_the_mapping_is_in_no_array(tmp_path):
    mapping = {"num_layers": 3, "lr_multiplier": np.float64(0.02)}
    path = write_pickle(tmp_path / "network.pkl", "nvidia_skip", mapping_kwargs=mapping)
    assert jgan.convert_checkpoint(path).config.mapping_lr_multiplier == 0.02


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        (
            {"mapping_kwargs": {"activation": "relu"}},
            "activation: 'relu', and jgan has 'lrelu'",
        ),
        (
            {"mapping_kwargs": {"lr_multiplier": "a" * 999}},
            "is 'a{12}[.]{3}a{13}'; it is a number",
        ),
        ({"mapping_kwargs": {"lr_multiplier": -1}}, "is -1.0; it is a positive number"),
        ({"synthesis_kwargs": {"conv_clamp": True}}, "clamp is True; it is a number"),
        ({"synthesis_kwargs": {"conv_clamp": 2**1100}}, "too large"),
    ],
)
def test_what_jgan_does_not_have_is_refused(changed, complaint, tmp_path):
    path = write_pickle(tmp_path / "network.pkl", "nvidia_skip", **changed)
    with pytest.raises(ConversionError, match=complaint):
        jgan.convert_checkpoint(path)


def test_neither_torch_nor_the_code_that_wrote_it_is_imported(tmp_path):
    path = write_pickle(tmp_path / "network.pkl", "nvidia_skip")
    code = (
        "import sys\n"
        "blocked = ('torch', 'dnnlib', 'torch_utils', 'tensorflow')\n"
        "class Blocker:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name.partition('.')[0] in blocked:\n"
        "            raise ImportError(f'{name} was asked for')\n"
        "sys.meta_path.insert(0, Blocker())\n"
        "import jgan\n"
        "print(jgan.convert_checkpoint(sys.argv[1]).resolution)\n"
    )
    run = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "64"), done.stderr
