"""A folder of its own for each test of the launcher, and what is left running in it."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools.postgresql.cluster import Cluster
from evcnet.var_dir import PROJECT


@pytest.fixture
def var() -> Iterator[Path]:
    """A folder that any account may pass through, unlike tmp_path; whatever was started in it is ended."""
    top = Path(tempfile.mkdtemp(prefix="evcnet-launch-"))
    top.chmod(0o711)
    yield top / "var"
    Cluster(top / "var").remove()
    shutil.rmtree(top)


@pytest.fixture(scope="session")
def migrated() -> Iterator[Path]:
    """A folder whose database is migrated and at rest, to be copied: to migrate takes longer than most of these tests."""
    top = Path(tempfile.mkdtemp(prefix="evcnet-launch-"))
    top.chmod(0o711)
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(migrate, cwd=PROJECT, env=portal_environment(top / "var"), stdin=subprocess.DEVNULL, check=True)
    Cluster(top / "var").stop()
    yield top / "var"
    Cluster(top / "var").remove()
    shutil.rmtree(top)


@pytest.fixture
def migrated_var(var: Path, migrated: Path) -> Path:
    """``var`` after a first start: its database is migrated."""
    subprocess.run(["cp", "-a", str(migrated), str(var)], check=True)
    return var


@pytest.fixture
def cluster(var: Path) -> Cluster:
    return Cluster(var, durable=False)


@pytest.fixture
def python(var: Path):
    """Starts a Python with the settings of a portal whose folder is `var`."""

    def start(*arguments: str, **environment: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=PROJECT,
            env={**portal_environment(var), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def portal_environment(var: Path) -> dict[str, str]:
    named = {"EVCNET_VAR": str(var), "DATABASE_URL": "", "DJANGO_SETTINGS_MODULE": "evcnet.settings"}
    return {**os.environ, "EVCNET_MODE": "development", "EVCNET_DEMO": "false", **named}


def running_in(var: Path | str) -> dict[int, str]:
    """All processes that name `var` in their arguments or environment, with their command lines."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            arguments, environment = ((process / name).read_bytes() for name in ("cmdline", "environ"))
        except OSError:
            continue
        if os.fsencode(var) in arguments + environment:
            found[int(process.name)] = arguments.replace(b"\0", b" ").decode()
    return found
