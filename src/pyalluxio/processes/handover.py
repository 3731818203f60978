"""How properties reach a process that this program starts: a JSON object in its environment.

A command line is readable by every user of the host, an environment only by the same user; and values may be
credentials.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from pyalluxio.errors import ConfigurationError

OVERRIDES_VARIABLE = "PYALLUXIO_OVERRIDES"


def environment_of(overrides: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables that hand `overrides` over."""
    return {OVERRIDES_VARIABLE: json.dumps(dict(overrides))}


def inherited(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the properties that the starting process handed over.

    Raises:  ConfigurationError: the variable holds something else.
    """
    text = environ.get(OVERRIDES_VARIABLE)
    if not text:
        return {}
    try:
        overrides = json.loads(text)
    except ValueError:
        overrides = None
    if not isinstance(overrides, dict) or not all(isinstance(value, str) for value in overrides.values()):
        raise ConfigurationError(f'{OVERRIDES_VARIABLE} must hold a JSON object such as {{"key": "value"}}.')
    return overrides
