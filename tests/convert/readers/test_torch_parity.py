"""Files that torch wrote against what torch itself reads from them, bit for bit."""

import argparse
import collections

import numpy as np
import pytest
import torch

from jgan.convert.readers import CheckpointError, read_checkpoint

pytestmark = pytest.mark.torch

DTYPES = (
    *(torch.float64, torch.float32, torch.float16, torch.bfloat16),
    *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool),
    *(torch.complex64, torch.complex128, torch.uint16, torch.uint32, torch.uint64),
    *(torch.float8_e4m3fn, torch.float8_e5m2),
)


@pytest.fixture(params=[True, False], ids=["zip", "legacy"])
def round_trip(request, tmp_path):
    """A function from an object to what is read of it after torch.save."""

    def save_and_read(content, **options):
        path = tmp_path / "file.pth"
        torch.save(
            content, path, _use_new_zipfile_serialization=request.param, **options
        )
        return read_checkpoint(path)

    return save_and_read


def _assert_same(array, tensor):
    assert type(array) is np.ndarray
    assert array.shape == tuple(tensor.shape)
    # Names agree but for the sign of NaN and the dtypes NumPy lacks: compare bytes.
    assert array.dtype.name == str(tensor.dtype).removeprefix("torch.")
    flat = tensor.detach().contiguous().reshape(-1).view(torch.uint8)
    assert array.tobytes() == flat.numpy().tobytes()


def _random(dtype, *shape):
    generator = torch.Generator().manual_seed(0)
    return (torch.randn(shape, generator=generator) * 3).abs().to(dtype)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_dtype(round_trip, dtype):
    tensor = _random(dtype, 3, 5)
    _assert_same(round_trip({"a": tensor})["a"], tensor)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.bool])
@pytest.mark.parametrize(
    "view",
    [
        lambda x: x[0, 0],
        lambda x: x[:0],
        lambda x: x[:, :0],
        lambda x: x.t(),
        lambda x: x[1:, ::2],
        lambda x: x[:, 3],
        lambda x: x[2],
        lambda x: x.reshape(2, 3, 1, 4).permute(3, 2, 0, 1),
        lambda x: x[:1].as_strided((1, 4), (2**40, 1)),
        lambda x: x.flatten().unfold(0, 2, 3),
    ],
)
def test_every_view(round_trip, dtype, view):
    tensor = view(_random(dtype, 4, 6))
    _assert_same(round_trip([tensor])[0], tensor)


def test_special_values_keep_their_bits(round_trip):
    tensor = torch.tensor([0x7FC00001, 0x7F800000, -1, 1, -(2**31)], dtype=torch.int32)
    _assert_same(round_trip(tensor.view(torch.float32)), tensor.view(torch.float32))


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_training_checkpoint(round_trip, protocol):
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.ConvTranspose2d(4, 8, 4),
        torch.nn.BatchNorm2d(8),
        torch.nn.Linear(3, 2),
    )
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    for parameter in network.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [30, 60])
    content = {
        "g_ema": network.state_dict(),
        "parameters": list(network.parameters()),
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
        "options": argparse.Namespace(size=256, betas=(0.0, 0.99), name=None),
        "random": torch.get_rng_state(),
        "size": torch.Size([2, 3]),
        "shape": network[0].weight.shape,
        "ordered": collections.OrderedDict(a=1),
        "nested": [({"deep": [torch.arange(3)]},)],
    }
    got = round_trip(content, pickle_protocol=protocol)
    assert list(got) == list(content)
    assert list(got["g_ema"]) == list(content["g_ema"])
    for key, tensor in content["g_ema"].items():
        _assert_same(got["g_ema"][key], tensor)
    for array, tensor in zip(got["parameters"], content["parameters"], strict=True):
        _assert_same(array, tensor)
    for number, state in optimizer.state_dict()["state"].items():
        for key, tensor in state.items():
            _assert_same(got["optimizer"]["state"][number][key], tensor)
    groups = optimizer.state_dict()["param_groups"]
    assert got["optimizer"]["param_groups"] == groups
    assert got["schedule"]["milestones"] == dict(schedule.state_dict()["milestones"])
    assert got["options"] == vars(content["options"])
    _assert_same(got["random"], content["random"])
    assert got["size"] == (2, 3)
    assert got["ordered"] == {"a": 1}
    _assert_same(got["nested"][0][0]["deep"][0], torch.arange(3))


def test_tensors_of_one_storage_share_it(round_trip):
    whole = torch.arange(12.0)
    got = round_trip({"whole": whole, "part": whole[3:9].view(2, 3), "tied": whole})
    _assert_same(got["part"], whole[3:9].view(2, 3))
    assert np.shares_memory(got["whole"], got["part"])
    assert got["tied"] is got["whole"]


def test_a_bare_storage_is_its_elements(round_trip):
    got = round_trip(torch.arange(4, dtype=torch.int32).untyped_storage())
    np.testing.assert_array_equal(got.view(np.int32), [0, 1, 2, 3])


def test_an_expanded_tensor_is_refused(round_trip):
    with pytest.raises(CheckpointError, match=r"contiguous\(\)"):
        round_trip(torch.arange(3.0).expand(5, 3))


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: torch.nn.Linear(2, 2), r"asked for torch.nn|a whole module"),
        (lambda: torch.eye(3).to_sparse(), r"asked for torch\..*_get_layout"),
        (
            lambda: torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8),
            r"QInt8|_rebuild_qtensor",
        ),
        (lambda: torch.complex(torch.ones(2), torch.ones(2)).conj(), "conjugated"),
        (lambda: {"a": {1, 2}}, r"asked for (builtins|__builtin__)\.set"),
    ],
    ids=["module", "sparse", "quantized", "conjugated", "set"],
)
@pytest.mark.filterwarnings("ignore")
def test_what_is_more_than_arrays_is_refused(round_trip, make, match):
    with pytest.raises(CheckpointError, match=match):
        round_trip(make())


def test_torchscript_is_refused_with_the_remedy(tmp_path):
    module = torch.nn.Linear(2, 2)
    with pytest.warns(DeprecationWarning, match="torch.jit"):
        torch.jit.save(torch.jit.trace(module, torch.ones(1, 2)), tmp_path / "file")
    with pytest.raises(CheckpointError, match=r"TorchScript.*torch\.jit\.load"):
        read_checkpoint(tmp_path / "file")
