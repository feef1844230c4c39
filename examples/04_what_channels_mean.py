"""What do the channels of a class-conditional generator mean? Remove, edit, mix them.

    python examples/04_what_channels_mean.py
    python examples/04_what_channels_mean.py --num-latents 50 --class-name night

Takes ten minutes on two cores, or two with ``--num-latents 50``. Prints how much less
probable each class of `scenes64` is without its top tenth of channels in all layers,
without as many drawn at random, and without its bottom tenth. Writes two pictures.
``edits.png`` has a row for each class: five strengths of the channel that the named
class loses most by, then of the two channels that act most alike in all classes.
``hybrids.png`` mixes the input on the left with the reference above.
"""

import pathlib
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
import tyro

import jgan
from jgan import awareness, images, segment

# Chosen by looking. This layer's channels move and resize things, those of the next
# blocks color and blur. Factors and root mean squares beyond these leave artifacts.
LAYER = "block1.act1"
FACTORS = (-2.0, 0.0, 1.0, 3.0, 5.0)
ADDED = (-4.0, -2.0, 0.0, 2.0, 4.0)
# By looking too, at 8 x 8 classes. From here on later layers only change colors, and a
# layer earlier little of the input is left. Of later layers conditioned on the input
# alone, those of seven classes turn what is night orange.
MIXED = ("block0.act2", "block1.act1", "block1.act2")
SHARE, LATER = 0.3, 0.5


def main(
    num_latents: int = 500,
    score: Literal["awareness", "contrast"] = "awareness",
    class_name: str = "alps",
    out: pathlib.Path = pathlib.Path(),
) -> None:
    """Removes, edits and mixes channels of `scenes64`."""
    gan, network = jgan.load("scenes64"), segment.scenes_network()
    label = gan.class_names.index(class_name)
    scores = awareness.channel_awareness(gan, num_latents=256, key=jax.random.key(1))
    chosen = awareness.contrast(scores) if score == "contrast" else scores

    # One object, and so one compilation for each number of sets.
    classifier = lambda shown: jnp.exp(network.classify(shown))
    found = awareness.zeroing_test(
        gan,
        chosen,
        classifier=classifier,
        num_latents=num_latents,
        key=jax.random.key(2),
    )
    print(f"A tenth of the channels removed, by {score}. Drop of the probability:")
    print("class    before    top  random (± sd)    bottom  top / random")
    random = found.random.drop.mean(axis=1)
    spread = found.random.drop.std(axis=1, ddof=1)
    for i, name in enumerate(gan.class_names):
        print(
            f"{name:8s} {found.probability[i]:6.3f} {found.top.drop[i]:6.3f} "
            f"{random[i]:7.4f} ± {spread[i]:.4f} {found.bottom.drop[i]:8.4f} "
            f"{found.ratio[i]:8.1f}"
        )
    top, bottom = found.top.drop.mean(), found.bottom.drop.mean()
    print(
        f"{'all':8s} {found.probability.mean():6.3f} {top:6.3f} {random.mean():7.4f} "
        f"{'':8s} {bottom:8.4f} {top / random.mean():8.1f}"
    )

    others = [
        awareness.zeroing_test(
            gan,
            # Row by row those of another class.
            {layer: np.roll(table, -shift, axis=0) for layer, table in chosen.items()},
            classifier=classifier,
            num_latents=max(1, num_latents // 10),
            num_random=1,
            key=jax.random.key(2),
        ).top.drop.mean()
        for shift in range(1, gan.num_classes)
    ]
    print(f"Without the top tenth of another class, mean of all: {np.mean(others):.3f}")

    one_each = jnp.arange(gan.num_classes)
    latents = gan.sample_latents(8, class_label=one_each, key=jax.random.key(7))
    rank = {"num_latents": 8, "key": jax.random.key(3)}
    lost = awareness.rank_channels(
        gan, [LAYER], operation="multiply", strength=0.0, **rank
    )[LAYER]
    added = awareness.rank_channels(gan, [LAYER], strength=3.0, **rank)[LAYER]
    best, alike = lost.ranking(label)[0], added.ranking_alike[:2]
    print(f"{LAYER} channel {best}: without it {class_name} changes most.")
    print(f"{LAYER} channels {alike}: added, they change all classes most alike.")
    sweeps = [
        awareness.sweep_channel(
            gan,
            latents,
            layer=LAYER,
            channel=best,
            strengths=FACTORS,
            operation="multiply",
        )
    ]
    for channel in alike:
        sweeps.append(
            awareness.sweep_channel(
                gan,
                latents,
                layer=LAYER,
                channel=channel,
                strengths=ADDED,
                rms=added.rms[channel],
            )
        )
    rows = np.concatenate(sweeps).swapaxes(0, 1)
    shown = images.to_uint8(rows.reshape(-1, *rows.shape[2:]))
    images.write_png(out / "edits.png", images.grid(shown, cols=rows.shape[1]))

    references = gan.sample_latents(8, class_label=one_each, key=jax.random.key(8))
    relevant = {
        name: awareness.relevant_channels(
            {name: scores[name]}, count=round(SHARE * gan.layers[name].units)
        )[name]
        for name in MIXED
    }
    above = np.asarray(gan.forward(gan.params, references)[0])
    left = np.asarray(gan.forward(gan.params, latents)[0])
    parts = [np.ones_like(above[:1]), above]
    for i in range(len(left)):
        same = jax.tree.map(lambda x, i=i: jnp.repeat(x[i : i + 1], 8, axis=0), latents)
        mixed = awareness.hybridize(
            gan, same, references, channels=relevant, weight=1.0, later=LATER
        )
        parts += [left[i : i + 1], np.asarray(mixed)]
    shown = images.to_uint8(np.concatenate(parts))
    images.write_png(out / "hybrids.png", images.grid(shown, cols=len(above) + 1))


if __name__ == "__main__":
    tyro.cli(main)
