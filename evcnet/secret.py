"""The secret key, by which the portal signs sessions and links."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from evcnet import var_dir

SHORTEST, FEWEST = 50, 10
"""So many characters has a secret in production, so many of them different."""
DRAFT = "django-insecure-"
"""So begin the secrets that Django puts into new projects."""


def secret_key(env: environ.Env) -> str:
    """SECRET_KEY; without it, one that is made once and kept where only the starter can read it.

    Raises ImproperlyConfigured in production (EVCNET_MODE=production), where it must come from the environment and
    be long enough that nobody guesses it.
    """
    named = str(env.str("SECRET_KEY", default=""))
    production = env.str("EVCNET_MODE", default="development") == "production"
    if production and named and (len(named) < SHORTEST or len(set(named)) < FEWEST or named.startswith(DRAFT)):
        raise ImproperlyConfigured(
            f"SECRET_KEY can be guessed: take {SHORTEST} random characters or more, as from "
            'python3 -c "import secrets; print(secrets.token_urlsafe(50))".'
        )
    if named:
        return named
    if production:
        raise ImproperlyConfigured("SECRET_KEY is not set, and EVCNET_MODE=production does not make one up. Set it.")
    return _read_or_create(var_dir.var() / "secret_key")


def _read_or_create(path: Path) -> str:
    with contextlib.suppress(FileNotFoundError):
        return path.read_text()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, mine = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}")
    try:
        with open(handle, "w") as file:
            file.write(secrets.token_urlsafe(50))
        # A link to a name that exists fails: of two that start at once, one wins and both read the same secret.
        with contextlib.suppress(FileExistsError):
            os.link(mine, path)
    finally:
        os.unlink(mine)
    return path.read_text()
