"""Files that are almost a StyleGAN2: one clear error each."""

import dataclasses
import functools

import numpy as np
import pytest

from jgan.convert import ConversionError, convert_checkpoint, stylegan2
from jgan.convert.assemble import expected_params
from tests.convert.stylegan2 import networks

_NAMINGS = ("nvidia", "rosinality", "genforce")
_KERNELS = {
    "nvidia": "synthesis.b8.conv0.weight",
    "rosinality": "convs.0.conv.weight",
    "genforce": "synthesis.layer1.weight",
}
_FILTERS = {
    "nvidia": "synthesis.b8.conv0.resample_filter",
    "rosinality": "convs.0.conv.blur.kernel",
    "genforce": "synthesis.layer1.filter.kernel",
}
# Of any length: that of z.
_INPUTS = {
    "nvidia": "mapping.fc0.weight",
    "rosinality": "style.1.weight",
    "genforce": "mapping.dense0.weight",
}
_SMALL = dataclasses.replace(networks.CONFIG, units=(6, 4), mapping_layers=2)
_CLASSES = dataclasses.replace(networks.CONFIG, num_classes=4)


def _arrays(naming, config=networks.CONFIG):
    return networks.arrays_of(config, networks.random_params(config), naming)


def _convert(arrays, init=None, **options):
    context = {} if init is None else {"persistent": {"init_kwargs": init}}
    if isinstance(arrays.get("latent_avg"), np.ndarray):
        context["latent_avg"] = arrays.pop("latent_avg")
    return stylegan2.convert(arrays, context=context, **options)


def _refused(complaint, arrays, init=None, **options):
    with pytest.raises(ConversionError, match=complaint) as caught:
        _convert(arrays, init, **options)
    assert len(str(caught.value)) < 2000


@pytest.mark.parametrize("naming", _NAMINGS)
def test_any_one_array_missing_or_longer_is_refused(naming, monkeypatch):
    # Tracing the same network again is most of the time.
    cached = functools.cache(expected_params)
    form = f"jgan.convert.stylegan2._{naming}.expected_params"
    monkeypatch.setattr(form, cached)
    whole = _arrays(naming, _SMALL)
    # Without it the mean is computed.
    for name in {*whole} - {"latent_avg"}:
        arrays = {n: array for n, array in whole.items() if n != name}
        with pytest.raises(ConversionError):
            _convert(arrays)
        for axis in range(whole[name].ndim):
            if (name, axis) == (_INPUTS[naming], 1):
                continue
            longer = np.repeat(whole[name], 2, axis)
            with pytest.raises(ConversionError):
                _convert(whole | {name: longer})


@pytest.mark.parametrize("naming", _NAMINGS)
def test_a_missing_layer_is_named(naming):
    arrays = _arrays(naming)
    del arrays[_KERNELS[naming]]
    _refused("b8/conv0/kernel: nothing to fill it", arrays)


@pytest.mark.parametrize("naming", _NAMINGS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(naming, value):
    arrays = _arrays(naming)
    arrays[_KERNELS[naming]].flat[5] = value
    _refused(f"{_KERNELS[naming]}: holds NaN or infinity", arrays)


@pytest.mark.parametrize("naming", _NAMINGS)
@pytest.mark.parametrize(
    "kernel",
    [
        np.outer((1, 2, 2, 1), (1, 2, 2, 1)),
        np.outer((1, 3, 3, 1), (1, 3, 3, 0)),
        np.outer((1, 2, 1), (1, 2, 1)),
        np.zeros((4, 4)),
        np.full((4, 4), np.nan),
        np.zeros((0, 4)),
    ],
    ids=str,
)
def test_another_filter_is_refused(naming, kernel):
    arrays = _arrays(naming)
    arrays[_FILTERS[naming]] = kernel.astype(np.float32)
    _refused("resamples with the filter 1, 3, 3, 1, unlike", arrays)


@pytest.mark.parametrize("naming", _NAMINGS)
def test_the_filter_may_be_there_in_any_scale(naming):
    for scale in (1 / 64, 1 / 16, 1.0):
        kernel = scale * np.outer((1, 3, 3, 1), (1, 3, 3, 1))
        arrays = _arrays(naming) | {_FILTERS[naming]: kernel.astype(np.float32)}
        assert _convert(arrays)[0] == networks.CONFIG


@pytest.mark.parametrize("naming", _NAMINGS)
def test_an_unknown_array_is_refused(naming):
    arrays = _arrays(naming) | {"surprise": np.zeros(3, np.float32)}
    _refused(r"surprise \(3,\): no rule for it", arrays)


@pytest.mark.parametrize(
    ("naming", "name", "shape"),
    [
        ("nvidia", "synthesis.b16.torgb.weight", (1, 6, 1, 1)),
        ("rosinality", "to_rgbs.1.conv.weight", (1, 1, 6, 1, 1)),
        ("genforce", "synthesis.output2.weight", (1, 6, 1, 1)),
    ],
)
def test_images_of_one_channel_are_refused(naming, name, shape):
    arrays = _arrays(naming) | {name: np.zeros(shape, np.float32)}
    _refused(rf"{name}: shape .* not \(1, 1, 6, 3\)", arrays)


@pytest.mark.parametrize(
    ("naming", "config", "said", "complaint"),
    [
        ("nvidia", _CLASSES, 3, "has 4 classes, not 3"),
        ("nvidia", networks.CONFIG, 3, "has 0 classes, not 3"),
        # It has none, whatever the user says.
        ("rosinality", networks.CONFIG, 3, "has 0 classes, not 3"),
        ("genforce", networks.CONFIG, 3, "has 0 classes, not 3"),
    ],
)
def test_another_number_of_classes_is_refused(naming, config, said, complaint):
    _refused(complaint, _arrays(naming, config), num_classes=said)
    num_classes = config.num_classes
    assert _convert(_arrays(naming, config), num_classes=num_classes)[0] == config


def test_shortcuts_of_genforce_are_refused():
    name = "synthesis.skip_layer0.weight"
    arrays = _arrays("genforce") | {name: np.zeros((10, 12, 1, 1), np.float32)}
    _refused("shortcuts, which genforce's generator names", arrays)


@pytest.mark.parametrize(
    ("init", "complaint"),
    [
        ({"synthesis_kwargs": {"activation": "relu"}}, "activation is 'relu'"),
        ({"activation": "relu"}, "activation is 'relu'.*'lrelu' alone"),
        ({"mapping_kwargs": {"activation": "linear"}}, "activation is 'linear'"),
        ({"mapping_kwargs": {"lr_multiplier": "1"}}, "lr_multiplier is '1'"),
        ({"mapping_kwargs": {"lr_multiplier": None}}, "lr_multiplier is None"),
        ({"mapping_kwargs": {"lr_multiplier": True}}, "lr_multiplier is True"),
        ({"mapping_kwargs": {"lr_multiplier": -1}}, r"lr_multiplier is -1\.0"),
        ({"mapping_kwargs": {"lr_multiplier": float("nan")}}, "lr_multiplier is nan"),
        ({"mapping_kwargs": {"lr_multiplier": 10**400}}, "too large"),
        ({"synthesis_kwargs": {"conv_clamp": "256"}}, "clamp is '256'"),
        ({"conv_clamp": [256]}, r"clamp is \[256\]"),
        ({"conv_clamp": 0}, r"clamp is 0\.0"),
        ({"mapping_kwargs": 5}, "mapping_kwargs are 5"),
        ({"synthesis_kwargs": [1]}, r"synthesis_kwargs are \[1\]"),
        ({"mapping_kwargs": np.zeros(3)}, "mapping_kwargs are array"),
        ({"activation": np.zeros(3)}, "activation is array"),
        ({"conv_clamp": np.zeros(3)}, "clamp is array"),
        ({"activation": "lrelu" * 10**6}, "activation is 'lrelu"),
    ],
)
def test_arguments_that_jgan_lacks_are_refused(init, complaint):
    _refused(complaint, _arrays("nvidia"), init)


@pytest.mark.parametrize("clamp", [256, 256.0])
def test_arguments_are_taken_from_either_repository(clamp):
    want = dataclasses.replace(
        networks.CONFIG, clamp=256.0, mapping_lr_multiplier=0.125
    )
    mapping = {"mapping_kwargs": {"lr_multiplier": 0.125}}
    nested = mapping | {"synthesis_kwargs": {"conv_clamp": clamp}}
    flat = mapping | {"conv_clamp": clamp}
    for init in (nested, flat):
        config, _ = _convert(_arrays("nvidia"), init)
        assert config == want
        assert type(config.clamp) is float


def test_what_is_no_stylegan2_at_all_is_refused(tmp_path):
    np.savez(tmp_path / "file.npz", a=np.zeros(3))
    with pytest.raises(ConversionError, match="not the arrays of a StyleGAN2"):
        convert_checkpoint(tmp_path / "file.npz", family="stylegan2")
