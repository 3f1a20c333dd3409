"""File permissions of PostgreSQL's programs: copies them where the account that runs them can't reach them."""

import shutil
import subprocess
from pathlib import Path

from devtools.postgresql.account import Account
from devtools.postgresql.binaries import WAY_OUT, Binaries
from devtools.postgresql.errors import NotAvailable


def runnable(programs: Binaries, account: Account, home: Path) -> Binaries:
    """`programs`, or a copy of them in `home` where the account cannot reach them (a closed home folder, say)."""
    if account.may_run(programs.folder / "postgres"):
        return programs
    modified_at = (programs.folder / "postgres").stat().st_mtime_ns
    copy = home / "programs" / f"{programs.major}-{modified_at}"
    root, _, _ = str(programs.folder).rpartition("/pginstall/")
    if not copy.exists() and root:
        unfinished = copy.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        # The programs look for their libraries beside their package, as the wheel laid them out.
        for source in (Path(root), Path(f"{root}.libs")):
            shutil.copytree(source, unfinished / source.name, ignore=shutil.ignore_patterns("include", "*.a", "*.py*"))
        subprocess.run(["chmod", "-R", "a+rX", str(home / "programs")], check=True)
        unfinished.rename(copy)
    copied = Binaries(copy / Path(root).name / "pginstall" / "bin", programs.major)
    if not root or not account.may_run(copied.folder / "postgres"):
        raise NotAvailable(
            f"Account {account.name}, which would run the private PostgreSQL, cannot run {programs.folder}/postgres. "
            f"{WAY_OUT}"
        )
    return copied
