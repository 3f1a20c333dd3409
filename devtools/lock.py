"""Writes the lock files: the exact packages that pyproject.toml comes to.

Pinned with hashes, for every Python from 3.11 on; no registry is named, so that a machine's own settings say where
packages come from.
"""

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from devtools.install import POSTGRES, PROJECT, RUN, TEST

OPTIONS = ("--universal", "--python-version", "3.11", "--generate-hashes", "--quiet", "--upgrade")
HEADER = ("--custom-compile-command", "make lock")


def main() -> None:
    asked = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    extras = asked["optional-dependencies"]
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([sys.executable, "-m", "venv", scratch], check=True)
        python = f"{scratch}/bin/python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", "uv"], check=True)
        _pin(python, RUN, asked["dependencies"])
        # Constrained by the first, so that tests run on what is run.
        _pin(python, TEST, [*asked["dependencies"], *extras["test"]], "--constraints", RUN)
        _pin(python, POSTGRES, extras["postgres"])


def _pin(python: str, lock: str, asked: list[str], *more: str) -> None:
    Path(PROJECT, lock).touch()
    command = [python, "-m", "uv", "pip", "compile", "-", *OPTIONS, *HEADER, *more, "--output-file", lock]
    subprocess.run(command, input="\n".join(asked), text=True, check=True, cwd=PROJECT)
    print(f"{lock}: {Path(PROJECT, lock).read_text().count('==')} packages")


if __name__ == "__main__":
    main()
