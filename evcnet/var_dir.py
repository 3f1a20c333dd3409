"""The folder of what this copy of the portal must not lose: private database, uploads, logs."""

import os
from collections.abc import Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


def var(environment: Mapping[str, str] | None = None) -> Path:
    """The folder that EVCNET_VAR names, relative to the project; `var/` if it names none. Absolute, links followed."""
    named = (os.environ if environment is None else environment).get("EVCNET_VAR") or "var"
    return Path(os.path.realpath(PROJECT / Path(named).expanduser()))
