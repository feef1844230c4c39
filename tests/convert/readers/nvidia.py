"""Writes network pickles as NVIDIA's code and torch do, with neither at hand.

The classes here only bear the names of the real ones, and Python's own pickle, told not
to look those names up, does the rest. That the real ones give the same opcodes was seen
by pickling small networks of both repositories.
"""

import collections
import io
import pickle

import numpy as np

from tests.convert.readers.assemble import STOP, legacy, storage

SOURCE = "raise RuntimeError('the source of a network was run')"
_KINDS = {"float32": "FloatStorage", "float16": "HalfStorage", "int64": "LongStorage"}


class _Pickler(pickle._Pickler):
    """Writes the module and name that an object claims, without importing them."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_global(self, obj, name=None):
        name = name or obj.__qualname__
        module = obj.__module__
        if not module.startswith(("torch", "dnnlib", "training")):
            super().save_global(obj, name)
            return
        if self.proto >= 4:
            self.save(module)
            self.save(name)
            self.write(pickle.STACK_GLOBAL)
        else:
            self.write(pickle.GLOBAL + f"{module}\n{name}\n".encode())
        self.memoize(obj)

    dispatch[type(len)] = dispatch[type(lambda: 0)] = dispatch[type] = save_global


def dump(content, protocol=4):
    file = io.BytesIO()
    _Pickler(file, protocol).dump(content)
    return file.getvalue()


def called(module, name, **attributes):
    """A class or function of that name; its instances are set up by their state."""
    return type(name, (), {"__module__": module, "__qualname__": name} | attributes)


class EasyDict(dict):
    __module__ = "dnnlib.util"


def function(module, name):
    def stub(*_):
        raise AssertionError

    stub.__module__, stub.__qualname__ = module, name
    return stub


_RECONSTRUCT = function("torch_utils.persistence", "_reconstruct_persistent_obj")
LOAD = function("torch.storage", "_load_from_bytes")
_TENSOR = function("torch._utils", "_rebuild_tensor_v2")
_PARAMETER = function("torch._utils", "_rebuild_parameter")


class Reduced:
    """An object that pickles as a call."""

    def __init__(self, function, *arguments):
        self.parts = function, arguments

    def __reduce__(self):
        return self.parts


def stream(data, kind=None, **fields):
    """The legacy stream of one storage, of which `fields` may lie."""
    fields = {"count": data.size, "view": b"N"} | fields
    pickled = b"\x80\x02" + storage(kind=kind or _KINDS[data.dtype.name], **fields)
    return legacy(pickled + STOP, counts=[data.size], payloads=[data.tobytes()])


def tensor(array, *, shape=None, strides=None, offset=0, bytes_of=stream):
    """A tensor that owns its storage, in which it may claim to lie anywhere."""
    array = np.asarray(array)
    flat = array.ravel(order="K")
    if strides is None:
        strides = tuple(step // array.itemsize for step in array.strides)
    shape = array.shape if shape is None else shape
    held = Reduced(LOAD, bytes_of(flat))
    no_hooks = collections.OrderedDict()
    return Reduced(_TENSOR, held, offset, shape, strides, False, no_hooks)


def parameter(array, **fields):
    return Reduced(
        _PARAMETER, tensor(array, **fields), False, collections.OrderedDict()
    )


def state_of(parameters=(), buffers=(), modules=(), unsaved=(), **attributes):
    """The `__dict__` of a torch module, of torch 1.7's fields."""
    return {
        "training": False,
        "_parameters": collections.OrderedDict(parameters),
        "_buffers": collections.OrderedDict(buffers),
        "_non_persistent_buffers_set": set(unsaved),
        "_backward_hooks": collections.OrderedDict(),
        "_modules": collections.OrderedDict(modules),
        **attributes,
    }


def network(class_name, state, **changed):
    """A persistent object: what every module of NVIDIA's is."""
    meta = {
        "type": "class",
        "version": 6,
        "module_src": SOURCE,
        "class_name": class_name,
        "state": state,
    }
    return Reduced(_RECONSTRUCT, meta | changed)


def torch_module(module, name, state):
    """A module of torch's own, which pickle makes by NEWOBJ and BUILD."""
    made = called(module, name)()
    vars(made).update(state)
    return made


def arrays(seed=0):
    rng = np.random.default_rng(seed)
    return {
        "mapping.w_avg": rng.standard_normal(4).astype("f"),
        "mapping.fc0.weight": rng.standard_normal((4, 3)).astype("f"),
        "mapping.fc0.bias": rng.standard_normal(4).astype("f"),
        "synthesis.const": rng.standard_normal((2, 3, 5)).astype("f2"),
        "synthesis.step": np.array(7),
    }


def generator(seed=0):
    """A small network whose state dict is `arrays(seed)`."""
    a = arrays(seed)
    layer = network(
        "FullyConnectedLayer",
        state_of(
            [(n, parameter(a[f"mapping.fc0.{n}"])) for n in ("weight", "bias")],
            activation="lrelu",
            weight_gain=np.float64(0.5),
        ),
    )
    mapping = network(
        "MappingNetwork",
        state_of(
            buffers={"w_avg": tensor(a["mapping.w_avg"])},
            modules={"fc0": layer, "embed": None},
        ),
    )
    synthesis = network(
        "SynthesisNetwork",
        state_of(
            {"const": parameter(a["synthesis.const"]), "bias": None},
            {"step": tensor(a["synthesis.step"]), "cache": tensor(np.zeros(3, "f"))},
            unsaved=["cache"],
            block_resolutions=[4, 8],
        ),
    )
    return network(
        "Generator",
        state_of(
            modules={"mapping": mapping, "synthesis": synthesis},
            z_dim=3,
            num_ws=2,
            _init_args=(),
            _init_kwargs={"z_dim": 3, "mapping_kwargs": EasyDict(num_layers=1)},
        ),
    )


def snapshot(**changed):
    """The whole content of a file, as training writes it."""
    return {
        "training_set_kwargs": {"class_name": "training.dataset.ImageFolderDataset"},
        "G": generator(0),
        "D": network("Discriminator", state_of(c_dim=0)),
        "G_ema": generator(1),
        "augment_pipe": None,
    } | changed
