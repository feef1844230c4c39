"""NVIDIA's network pickles: read as data, their source code never run."""

import json
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from jgan.convert import checkpoint
from jgan.convert.readers import CheckpointError, read_checkpoint
from tests.convert.readers import nvidia
from tests.convert.readers.nvidia import network, parameter, state_of, tensor
from tests.convert.readers.registry import file_of
from tests.golden import nvidia_cases


def _read(tmp_path, content, protocol=4):
    path = tmp_path / "network-snapshot-000000.pkl"
    data = content if type(content) is bytes else nvidia.dump(content, protocol)
    path.write_bytes(data)
    return read_checkpoint(path)


def _read_state(tmp_path, state, protocol=4):
    return _read(tmp_path, {"G_ema": network("Generator", state)}, protocol)["G_ema"]


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_network_is_its_state_dict_in_order(protocol, tmp_path):
    content = _read(tmp_path, nvidia.snapshot(), protocol)
    assert list(content) == list(nvidia.snapshot())
    for name, seed in (("G", 0), ("G_ema", 1)):
        want = nvidia.arrays(seed)
        assert list(content[name]) == ["persistent", *want]
        for key, array in want.items():
            np.testing.assert_array_equal(content[name][key], array, strict=True)
    assert content["training_set_kwargs"] == nvidia.snapshot()["training_set_kwargs"]
    assert content["augment_pipe"] is None


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_network_is_described_beside_its_arrays(protocol, tmp_path):
    described = _read(tmp_path, nvidia.snapshot(), protocol)["G_ema"]["persistent"]
    modules = described.pop("modules")
    assert described == {
        "class_name": "Generator",
        "version": 6,
        "init_args": (),
        "init_kwargs": {"z_dim": 3, "mapping_kwargs": {"num_layers": 1}},
        "attributes": {"training": False, "z_dim": 3, "num_ws": 2},
    }
    assert list(modules) == ["mapping", "mapping.fc0", "synthesis"]
    assert modules["mapping.fc0"] == {
        "class_name": "FullyConnectedLayer",
        "version": 6,
        "init_args": (),
        "init_kwargs": {},
        "attributes": {"training": False, "activation": "lrelu", "weight_gain": 0.5},
    }
    assert modules["synthesis"]["attributes"]["block_resolutions"] == [4, 8]


@pytest.mark.parametrize("case", nvidia_cases.CASES)
def test_files_of_nvidias_own_code_are_read(case):
    shapes = json.loads((nvidia_cases.FOLDER / f"{case}.json").read_text())
    content = read_checkpoint(nvidia_cases.FOLDER / f"{case}.pkl")
    assert list(content) == ["training_set_kwargs", *shapes]
    for name, expected in shapes.items():
        assert list(content[name]) == ["persistent", *expected]
        for key, shape in expected.items():
            want = nvidia_cases.seeded_array(f"{name}.{key}", tuple(shape))
            np.testing.assert_array_equal(content[name][key], want, strict=True)
    described = content["G_ema"]["persistent"]
    widths = {"channel_base": 32, "channel_max": 4}
    nested = {"synthesis_kwargs": widths} if case == "nvidia_ada" else widths
    image = {"c_dim": 2, "img_resolution": 8, "img_channels": 3}
    latent = {"z_dim": 3, "w_dim": 4, "mapping_kwargs": {"num_layers": 2}}
    assert described["init_kwargs"] == latent | nested | image
    assert described["attributes"]["num_ws"] == 4
    assert described["modules"]["synthesis.b8"]["attributes"]["architecture"] == "skip"
    assert content["D"]["persistent"]["class_name"] == "Discriminator"
    dataset = {"class_name": "training.dataset.ImageFolderDataset", "use_labels": True}
    assert content["training_set_kwargs"] == dataset


def test_one_network_alone_is_read(tmp_path):
    content = _read(tmp_path, nvidia.generator())
    assert list(content) == ["persistent", *nvidia.arrays()]


def test_modules_of_torch_are_inert_parts(tmp_path):
    dense = nvidia.torch_module(
        "torch.nn.modules.linear",
        "Linear",
        state_of({"weight": parameter(np.eye(2, dtype="f"))}, in_features=2),
    )
    got = _read_state(tmp_path, state_of(modules={"dense": dense}))
    np.testing.assert_array_equal(got["dense.weight"], np.eye(2, dtype="f"))
    described = got["persistent"]["modules"]["dense"]
    assert described["class_name"] == "torch.nn.modules.linear.Linear"
    assert described["version"] is None
    assert described["attributes"] == {"training": False, "in_features": 2}


def test_modules_may_nest_deeper_than_containers(tmp_path):
    state = state_of({"bias": parameter(np.ones(2, "f"))})
    for _ in range(60):
        state = state_of(modules={"m": network("Block", state)})
    got = _read_state(tmp_path, state)
    assert list(got) == ["persistent", "m." * 60 + "bias"]
    assert len(got["persistent"]["modules"]) == 60


def test_a_tensor_may_lie_anywhere_in_its_storage(tmp_path):
    array = np.arange(24, dtype="f").reshape(2, 3, 4)
    tensors = {
        "channels_last": tensor(array.transpose(1, 2, 0)),
        "part": tensor(array, shape=(2, 2), strides=(12, 3), offset=4),
        "scalar": tensor(np.float32(0.25)),
        "empty": tensor(np.zeros((0, 3), "f")),
    }
    got = _read_state(tmp_path, state_of(buffers=tensors))
    for name, want in (
        ("channels_last", array.transpose(1, 2, 0)),
        ("part", np.float32([[4, 7], [16, 19]])),
        ("scalar", np.array(0.25, "f")),
        ("empty", np.zeros((0, 3), "f")),
    ):
        np.testing.assert_array_equal(got[name], want, strict=True)


def test_networks_may_share_a_tensor(tmp_path):
    shared = parameter(np.ones(3, "f"))
    tied = state_of({"a": shared, "b": shared})
    got = _read(tmp_path, {n: network("Generator", tied) for n in ("G", "G_ema")})
    assert got["G"]["a"] is got["G"]["b"] is got["G_ema"]["a"]


@pytest.mark.parametrize("protocol", [2, 4])
def test_hostile_source_is_dropped_unread(protocol, tmp_path):
    canary = tmp_path / "canary"
    source = f"{file_of(str(canary))}\nimport sys\nsys.modules['jgan_canary'] = sys"
    hostile = network("Generator", state_of(z_dim=3), module_src=source)
    content = {"G_ema": hostile}
    assert source.encode() in nvidia.dump(content, protocol)
    got = _read(tmp_path, content, protocol)
    assert "jgan_canary" not in repr(got)
    assert not canary.exists()
    assert "jgan_canary" not in sys.modules
    exec(
        compile(source, "source", "exec")
    )  # Else an absent canary would prove nothing.
    assert canary.exists()
    del sys.modules["jgan_canary"]


_BLOCKED = """
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "dnnlib", "torch_utils", "training"):
            raise AssertionError(f"imports {name}")

sys.meta_path.insert(0, Block())
from jgan.convert.readers import CheckpointError, read_checkpoint
for path in sys.argv[1:]:
    try:
        print(type(read_checkpoint(path)).__name__)
    except CheckpointError as error:
        print("refused")
"""


def test_neither_torch_nor_dnnlib_is_imported(tmp_path):
    good, bad = tmp_path / "good.pkl", tmp_path / "bad.pkl"
    good.write_bytes(nvidia.dump(nvidia.snapshot()))
    bad.write_bytes(nvidia.dump(nvidia.called("training.loss", "Loss")()))
    command = [sys.executable, "-c", _BLOCKED, str(good), str(bad)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["dict", "refused"], done.stderr


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_file_cut_at_every_tenth_gives_one_error(protocol, tmp_path):
    data = nvidia.dump(nvidia.snapshot(), protocol)
    for tenth in range(1, 10):
        with pytest.raises(CheckpointError, match=r"^Cannot read .*snapshot") as error:
            _read(tmp_path, data[: len(data) * tenth // 10])
        assert "it is malformed (" not in str(error.value)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_large_network_is_not_copied(protocol, tmp_path):
    array = np.zeros(2**22, "f")
    data = nvidia.dump({"G": network("G", state_of({"a": parameter(array)}))}, protocol)
    path = tmp_path / "file"
    path.write_bytes(data)
    tracemalloc.start()
    got = read_checkpoint(path)["G"]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(got["a"], array)
    # Protocol 2 spells bytes as text, and Python decodes a text through a third copy.
    # All the rest takes less than a quarter of one.
    num_copies = 3 if protocol == 2 else 1
    assert peak < (num_copies + 0.25) * array.nbytes


def test_the_averaged_generator_of_a_pickle_is_found(tmp_path, monkeypatch):
    content = _read(tmp_path, nvidia.snapshot())
    for module in checkpoint._CONVERTERS.values():
        monkeypatch.setattr(module, "matches", lambda a: "mapping.w_avg" in a)
    _, arrays, _ = checkpoint.find_generator(content, family="dcgan")
    assert list(arrays) == list(nvidia.arrays())
    want = nvidia.arrays(1)["mapping.w_avg"]
    np.testing.assert_array_equal(arrays["mapping.w_avg"], want)


@pytest.mark.torch
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_the_names_are_those_of_torchs_state_dict(protocol, tmp_path):
    import torch

    torch.manual_seed(0)
    module = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3, bias=False).to(memory_format=torch.channels_last),
        torch.nn.ModuleDict({"norm": torch.nn.BatchNorm2d(4), "none": None}),
        torch.nn.ModuleList([torch.nn.Linear(4, 4), torch.nn.GRU(2, 2)]),
    )
    module.register_buffer("saved", torch.arange(3).half())
    module.register_buffer("unsaved", torch.ones(2), persistent=False)
    module[2].append(module[0])
    content = {"G": network("Generator", dict(vars(module)))}
    got = _read(tmp_path, content, protocol)["G"]
    want = module.state_dict()
    assert list(got) == ["persistent", *want]
    for name, value in want.items():
        np.testing.assert_array_equal(got[name], value.numpy(), strict=True)
