"""With which secret does the portal sign sessions and links?"""

import contextlib
import os
import secrets
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from evcnet import folder


def secret_key(env: environ.Env) -> str:
    """SECRET_KEY; without it, one that is made once and kept where only the starter can read it.

    Raises ImproperlyConfigured in production (EVCNET_MODE=production), where it must come from the environment.
    """
    named = env.str("SECRET_KEY", default="")
    if named:
        return named
    if env.str("EVCNET_MODE", default="development") == "production":
        raise ImproperlyConfigured("SECRET_KEY is not set, and EVCNET_MODE=production does not make one up. Set it.")
    return _kept(folder.var() / "secret_key")


def _kept(path: Path) -> str:
    with contextlib.suppress(FileNotFoundError):
        return path.read_text()
    path.parent.mkdir(parents=True, exist_ok=True)
    mine = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(50))
    try:
        # A link to a name that exists fails: of two that start at once, one wins and both read the same secret.
        with contextlib.suppress(FileExistsError):
            os.link(mine, path)
    finally:
        mine.unlink()
    return path.read_text()
