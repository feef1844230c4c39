"""Checks of values that several commands take."""


def check_seed(seed: int) -> None:
    """Refuses a seed of which a part would be lost.

    Raises:
        ValueError: If it is not in 32 bits.
    """
    if not 0 <= seed < 2**32:
        raise ValueError(f"--seed is {seed}. Give a whole number of 0 to {2**32 - 1}.")
