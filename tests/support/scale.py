"""How much of a load a test takes: what every run can bear, or all that is promised (`make prove`)."""

import os
from typing import Final

PROMISED: Final = os.environ.get("TEST_SCALE") == "promised"


def scaled(everyday: int, promised: int) -> int:
    return promised if PROMISED else everyday
