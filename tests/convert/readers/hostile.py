"""Files made to harm their reader: a table from a name to the file and its refusal."""

from tests.convert.readers import (
    hostile_arrays,  # noqa: F401
    hostile_code,  # noqa: F401
    hostile_nvidia,  # noqa: F401
    hostile_others,  # noqa: F401
    hostile_pickles,  # noqa: F401
    hostile_torch,  # noqa: F401
)
from tests.convert.readers.registry import CASES as CASES
