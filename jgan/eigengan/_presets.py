"""The EigenGANs that jgan trains by name."""

from jgan.eigengan._config import Change, TrainConfig
from jgan.models import eigen_discriminator, eigengan
from jgan.training import Preset
from jgan.worlds import ScenesWorld

PRESETS = {
    # Unconditional, so that the kind of landscape is for a dimension to find. Scenes
    # are not mirrored: the renderer draws both sides alike already. Without growth, at
    # a rate of 8e-4, the last two layers made everything by step 1,500, and the first
    # two a thousandth. Most units are where the kind of landscape is chosen; those of
    # the large maps are what a step takes time for.
    "eigen64": Preset(
        config=TrainConfig(
            generator=eigengan.Config(
                units=(224, 144, 80, 40, 24), dims=(6, 6, 6, 6), noise_dim=10
            ),
            discriminator=eigen_discriminator.Config(
                units=(160, 112, 64, 32, 16), hidden=128, num_classes=8
            ),
            batch_size=32,
            # Later growth, after 500, 1,200 and 2,500 steps, left the last two layers a
            # hundredth of what images differ by at step 4,000. Bases that step as long
            # as Adam has them left the first one as little at step 1,500, in one run of
            # two. With 24 rates, all make 0.14 or more there.
            growth=(200, 400, 800),
            changes=(
                # From the start is untried but in the run whose first layer collapsed.
                Change(after=2_000, class_weight=0.3),
                Change(after=7_000, learning_rate=4e-4, basis_step=8.0),
                Change(after=8_000, learning_rate=2e-4),
                Change(after=9_000, learning_rate=1e-4),
                # At step 10,000 precision was 0.84 of what it can be, and no longer
                # rose. With a higher rate again it was 0.88 at step 12,500, and the
                # lower ones after it made 0.68 of a recall of 0.60 (2,000 images).
                Change(after=10_000, learning_rate=4e-4),
                Change(after=13_000, learning_rate=2e-4),
                # Where dimensions are about as important, several tell the same of the
                # sun and the clouds, which the last two layers make: the gap of mutual
                # information was 0.046 at the end, and is 0.068. Decays of 0.5 in all
                # layers after step 13,000 made it 0.059 at 14,000, and the Fréchet
                # distance 1.7 times as large (1,000 images); from the first step on,
                # 0.022 at 8,000, where it was 0.047 without.
                Change(
                    after=14_000,
                    learning_rate=1e-4,
                    importance_decays=(0.0, 0.0, 0.3, 0.3),
                ),
            ),
            learning_rate=6e-4,
            # With 3, images stayed soft.
            penalty_weight=0.5,
            color_weight=10.0,
            # Without, a run that had learned well broke within 50 steps: one real image
            # that is taken for another class moves the discriminator by as much as 25
            # others. With gradients shortened to 80, four times what they are, the next
            # one lost 300 steps. It is the run whose weights jgan ships: from step
            # 5,500 on it had this instead.
            longest_step=1.0,
            basis_step=24.0,
            flip=False,
        ),
        world=ScenesWorld,
        num_steps=15_000,
    ),
}
