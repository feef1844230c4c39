"""Writes the goldens of the official EigenGAN: real checkpoints of TensorFlow.

Run from the root of jgan, with tensorflow 2.18 installed in an environment of its own
(the official code asks for 1.15, which Python 3.11 does not run; its graph is built
here by the same lines, under ``tensorflow.compat.v1``):

    python -m tests.golden.make_eigengan_official OFFICIAL

where OFFICIAL, of github.com/LynnHo/EigenGAN-Tensorflow, is at commit
fc3e1a23b84661512ab9a753329fdadb0c96b536. Its ``module.py`` is imported as it is. For
each case a folder holds what training leaves, ``settings.yml`` and ``checkpoints``, and
``outputs.npz``: images and, under jgan's names, every layer.
"""

import functools
import sys
import types

import numpy as np
import tensorflow.compat.v1 as tf

from tests.golden import eigengan_cases as cases


def main(official: str) -> None:
    tf.disable_v2_behavior()
    _stand_in_for_contrib()
    sys.path.insert(0, official)
    import module
    import tflib as tl

    for case, options in cases.OFFICIAL.items():
        with tf.Graph().as_default(), tf.Session() as session:
            tl.Module._Module__existing_modules.clear()
            run(module, tl, session, case, options)


def _stand_in_for_contrib() -> None:
    """Of what TensorFlow 2 no longer has, the one function that the generator uses."""
    slim = types.ModuleType("tensorflow.contrib.slim")
    slim.l2_regularizer = lambda scale: lambda w: scale * tf.nn.l2_loss(w)
    contrib = types.ModuleType("tensorflow.contrib")
    contrib.slim = slim
    sys.modules |= {
        "tensorflow": tf,
        "tensorflow.contrib": contrib,
        "tensorflow.contrib.slim": slim,
    }
    tf.contrib = contrib


def run(module, tl, session, case: str, options: dict) -> None:
    """Writes one case."""
    build = functools.partial(
        module.G(scope="G"),
        dim_10=options["dim_10"],
        use_gram_schmidt=options["exact"],
    )
    build_test = functools.partial(
        module.G(scope="G_test"),
        dim_10=options["dim_10"],
        use_gram_schmidt=options["exact"],
        training=False,
    )
    z, eps = cases.seeded_latents(case, options["z_dims"], options["eps_dim"])
    zs = [
        tf.constant(part) for part in np.split(z, np.cumsum(options["z_dims"])[:-1], 1)
    ]
    build(zs, tf.constant(eps))
    average = tf.train.ExponentialMovingAverage(decay=0.5, name="G_ema")
    generator = build.func
    update = average.apply(generator.trainable_variables)
    averages = [average.average(v) for v in generator.trainable_variables]
    images = build_test(zs, tf.constant(eps))
    session.run(tf.global_variables_initializer())
    draw = np.random.default_rng(len(case) + options["eps_dim"])
    for variable in generator.trainable_variables:
        start = session.run(variable)
        # Averages, copies and what is trained differ; bases are not orthonormal.
        variable.load(
            start + 0.3 * draw.standard_normal(start.shape).astype("f4"), session
        )
    session.run(update)
    copies = build_test.func.trainable_variables
    clone = [a.assign(b) for a, b in zip(copies, averages, strict=True)]
    session.run(clone)
    graph = tf.get_default_graph()
    nodes = [n for n in graph.get_operations() if n.name.startswith("G_test/")]
    made = session.run({"images": images, **_taps(nodes, len(options["z_dims"]))})
    folder = cases.FOLDER / f"eigengan_{case}"
    checkpoint = tl.Checkpoint(
        str(folder / "checkpoints"),
        dict({v.name: v for v in tf.global_variables()}),
        max_to_keep=1,
    )
    checkpoint.save(7, session=session)
    # It only names the last of the files beside it.
    (folder / "checkpoints" / "checkpoint").unlink()
    weight = 0 if options["exact"] else 1
    (folder / "settings.yml").write_text(
        f"g_loss_weight_gan: 1\ng_loss_weight_orth_loss: {weight}\n"
    )
    np.savez_compressed(folder / "outputs.npz", **made)


def _taps(nodes, num_layers: int) -> dict:
    """Returns the tensors of `phi` and `feature` by their order in the graph."""
    biased = [
        n.outputs[0]
        for n in nodes
        if n.type == "BiasAdd" and "transposed_convolution2d" in n.name
    ]
    scattered = [n for n in nodes if n.type == "Conv2DBackpropInput"]
    taps = {}
    for layer in range(1, num_layers + 1):
        first = 4 * (layer - 1)
        # A transposed convolution's last input is what it is applied to.
        taps[f"phi{layer}"] = scattered[first].inputs[2]
        taps[f"feature{layer}"] = biased[first + 3]
    return taps


if __name__ == "__main__":
    main(*sys.argv[1:])
