"""A linear EigenGAN is principal component analysis, by both routes to it.

    python examples/09_linear_eigengan.py

Takes half a minute on two cores. Data of 16 numbers with four strong directions is
fitted in closed form, and by Adam from a random start, with x = U L z + mu + noise. The
likelihood is largest where U holds the first eigenvectors of the covariance, and L
squared their eigenvalues less the mean of all others (He, Kan & Shan, 2021).
"""

import jax
import numpy as np
import tyro

from jgan.eigengan import LinearEigenGan, fit_linear, linear_solution


def main(
    num_samples: int = 20_000, num_features: int = 16, dim: int = 4, seed: int = 0
) -> None:
    """Prints how far each route ends from the eigenvectors of the data."""
    draw = np.random.default_rng(seed)
    spread = np.r_[np.linspace(3, 1.5, dim), np.full(num_features - dim, 0.7)]
    turned, _ = np.linalg.qr(draw.standard_normal((num_features, num_features)))
    data = draw.standard_normal((num_samples, num_features)) * spread @ turned.T
    data += draw.standard_normal(num_features)
    mean, covariance = data.mean(axis=0), np.cov(data.T, bias=True)
    values, vectors = np.linalg.eigh(covariance)
    values, vectors = values[::-1], vectors[:, ::-1]

    def tell(name: str, model: LinearEigenGan) -> None:
        order = np.argsort(-np.abs(model.importance))
        cosine = np.abs(
            np.sum(np.asarray(model.basis)[:, order] * vectors[:, :dim], axis=0)
        )
        angle = np.degrees(np.arccos(np.minimum(cosine, 1.0)))
        squares = np.square(np.asarray(model.importance)[order])
        want = values[:dim] - values[dim:].mean()
        print(
            f"{name}: largest angle to an eigenvector {angle.max():.5f} degrees, L^2 "
            f"off by {np.abs(squares / want - 1).max():.1e}, noise "
            f"{float(model.noise_variance):.4f} (mean of the other eigenvalues "
            f"{values[dim:].mean():.4f})"
        )

    # Angles this small are below what float32 resolves.
    with jax.enable_x64(True):
        tell("closed form", linear_solution(mean, covariance, dim=dim))
        key = jax.random.key(seed)
        tell("Adam", fit_linear(mean, covariance, dim=dim, key=key))


if __name__ == "__main__":
    tyro.cli(main)
