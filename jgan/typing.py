"""Names for the arrays and trees that every room passes around."""

from typing import Any

from jaxtyping import Array, Float

Activation = Float[Array, "image *place unit"]
Images = Float[Array, "image row col 3"]
Params = Any
