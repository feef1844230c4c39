"""What a training has learned goes through a file unchanged; others are refused."""

import jax
import numpy as np
import pytest
import safetensors.numpy

from jgan.interpretable import (
    EnergyConfig,
    Fit,
    Learned,
    Mixture,
    Scale,
    initial_energy,
    load_learned,
    refine,
    save_learned,
    swap,
)
from jgan.models.energy import Config
from tests.interpretable import planted

_ENERGY = EnergyConfig(network=Config(width=4, hidden=8), num_chains=3, step_size=0.25)


def _learned():
    draw = np.random.default_rng(0).standard_normal
    partition = planted.partition(planted.groups())
    units, groups = partition.shares.shape
    numbers = lambda *shape: np.float32(draw(shape))
    mixture = Mixture(numbers(groups), numbers(groups, 4), numbers(groups))
    fit = Fit(mixture, numbers(8), np.arange(7, dtype=np.int32))
    shape = (planted.SIDE, planted.SIDE, units)
    params = initial_energy(_ENERGY, shape, key=jax.random.key(0)).params
    scale = Scale(numbers(units), np.abs(numbers(units)))
    return Learned(partition._replace(fit=fit), _ENERGY, params, scale, "it")


def test_a_file_holds_all_of_it(tmp_path):
    learned = _learned()
    file = save_learned(learned, tmp_path / "new" / "learned.safetensors")
    got = load_learned(str(file))
    assert (got.partition.layer, got.energy) == (planted.LAYER, _ENERGY)
    assert got.made_of == "it"
    for part in ("partition", "params", "scale"):
        one, other = getattr(got, part), getattr(learned, part)
        assert jax.tree.structure(one) == jax.tree.structure(other)
        # The layer is a leaf that is a string.
        for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
            np.testing.assert_array_equal(a, b)
            assert np.asarray(a).dtype == np.asarray(b).dtype
    # Another takes its place.
    more = learned._replace(energy=EnergyConfig(network=_ENERGY.network))
    save_learned(more, file)
    assert load_learned(file).energy == more.energy
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_what_is_loaded_swaps_and_refines(tmp_path):
    learned, gan = _learned(), planted.grouped_gan()
    got = load_learned(save_learned(learned, tmp_path / "learned.safetensors"))
    source, target = (gan.sample_latents(2, key=jax.random.key(i)) for i in (0, 1))
    run = lambda of: swap(
        gan,
        of.partition,
        1,
        source=source,
        target=target,
        then=refine(of, num_steps=2, key=jax.random.key(3)),
    )
    np.testing.assert_array_equal(run(got), run(learned))


def test_other_files_are_refused_by_name(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file .*none.safetensors. `jgan i"):
        load_learned(tmp_path / "none.safetensors")
    file = save_learned(_learned(), tmp_path / "learned.safetensors")
    whole = file.read_bytes()
    other = tmp_path / "other.safetensors"
    safetensors.numpy.save_file({"rest": np.zeros(3)}, other)
    for number, content in enumerate((b"", whole[:-9], b"x" * 99, other.read_bytes())):
        bad = tmp_path / f"{number}.safetensors"
        bad.write_bytes(content)
        with pytest.raises(ValueError, match=f"{number}.safetensors does not hold"):
            load_learned(bad)
    arrays = safetensors.numpy.load_file(file)
    with safetensors.safe_open(file, "numpy") as opened:
        about = opened.metadata()
    none = {name: a for name, a in arrays.items() if name != "shares"}
    fewer = arrays | {"shares": arrays["shares"][1:]}
    later = {
        name: text.replace('"format": 2', '"format": 3') for name, text in about.items()
    }
    for content, beside, message in (
        (none, about, "damaged: KeyError\\('shares'\\)"),
        (fewer, about, "are not of as many units"),
        (arrays, later, "its format is 3, and known is 2"),
        (arrays, dict.fromkeys(about, '{"format": 2, "energy": 3}'), "damaged: "),
    ):
        safetensors.numpy.save_file(content, file, beside)
        with pytest.raises(ValueError, match=message):
            load_learned(file)
