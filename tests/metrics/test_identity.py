"""How often faces are taken for one person: counts, Wilson's interval, lost faces."""

import numpy as np
import pytest

from jgan.metrics import verification


def _at(distances):
    """Embeddings, and others so far from them."""
    faces = np.zeros((len(distances), 3))
    others = faces.copy()
    others[:, 1] = distances
    return faces, others


def test_the_rate_counts_pairs_below_the_threshold():
    found = verification(*_at([0.1, 0.59, 0.61, 2.0]))
    assert found.rate == 0.5
    # Wilson (1927) of 2 of 4, by hand: z = 1.959964.
    z2 = 1.959964**2
    middle, half = 0.5, np.sqrt(z2 * (0.25 * 4 + z2 / 4)) / (4 + z2)
    np.testing.assert_allclose(
        [found.low, found.high], [middle - half, middle + half], rtol=1e-6
    )
    assert (found.num_pairs, found.num_lost) == (4, 0)
    assert verification(*_at([0.1, 0.5]), threshold=0.3).rate == 0.5
    # At the threshold it is another person's, as dlib has it.
    assert verification(*_at([0.6])).rate == 0


def test_a_face_that_is_lost_is_nobody_s_and_one_that_never_was_does_not_count():
    faces, others = _at([0.1, 0.1, 0.1])
    faces[0], others[0], others[1] = np.nan, np.nan, np.nan
    found = verification(faces, others)
    assert (found.rate, found.num_pairs, found.num_lost) == (0.5, 2, 1)


def test_what_cannot_be_compared_is_refused():
    faces, others = _at([0.1, 0.2])
    with pytest.raises(ValueError, match="shape"):
        verification(faces, others[:1])
    with pytest.raises(ValueError, match="In none of 2 images a face"):
        verification(np.full_like(faces, np.nan), others)
