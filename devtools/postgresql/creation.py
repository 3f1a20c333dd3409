"""Creation of a new private PostgreSQL cluster."""

import os
import pwd
import shutil
from pathlib import Path

from devtools.postgresql.account import Account
from devtools.postgresql.binaries import Binaries
from devtools.postgresql.errors import NotAvailable
from evcnet.database import PRIVATE_USER

SETTINGS = """
timezone = 'UTC'
log_timezone = 'UTC'
max_connections = 100
random_page_cost = 1.1
jit = off
"""
# Nobody misses it after a crash, so nothing waits for the disk.
THROWAWAY_SETTINGS = (
    SETTINGS + "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nautovacuum_naptime = 1h\n"
)


def create(data: Path, account: Account, programs: Binaries, durable: bool) -> None:
    """Makes the cluster at `data`, complete or not at all. Raises NotAvailable with what initdb said."""
    unfinished = data.with_name("data.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    output = ""
    for locale in _locales(programs.major):
        command = [programs["initdb"], "-D", str(unfinished), "--username", PRIVATE_USER, "--encoding", "UTF8", *locale]
        result = account.run([*command, "--auth-local=peer", "--auth-host=reject", *([] if durable else ["--no-sync"])])
        if result.returncode == 0:
            break
        output = result.stderr.strip()
    else:
        raise NotAvailable(f"A private PostgreSQL database could not be made in {data}. initdb said:\n{output}")
    _write(account, unfinished / "pg_hba.conf", f"local all {PRIVATE_USER} peer map={PRIVATE_USER}\n")
    _write(
        account,
        unfinished / "pg_ident.conf",
        "".join(f'{PRIVATE_USER} "{name}" {PRIVATE_USER}\n' for name in _who(account)),
    )
    _write(account, unfinished / "postgresql.auto.conf", SETTINGS if durable else THROWAWAY_SETTINGS)
    unfinished.rename(data)


def _locales(major: int) -> list[list[str]]:
    """Letters as Unicode has them, sorted by code point: quick, and the same on every machine and version."""
    builtin = [["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]] if major >= 17 else []
    return [*builtin, *(["--locale=C", f"--lc-ctype={name}"] for name in ("C.UTF-8", "en_US.UTF-8", "C"))]


def _who(account: Account) -> list[str]:
    """The system accounts that may connect: its own, the one that makes it, root."""
    return sorted({account.name, pwd.getpwuid(os.geteuid()).pw_name, pwd.getpwuid(0).pw_name})


def _write(account: Account, path: Path, text: str) -> None:
    # By the account itself: root never writes into a folder that another account could fill with links.
    written = account.run(["/bin/sh", "-c", 'cat >"$1"', "sh", str(path)], input=text)
    if written.returncode:
        raise NotAvailable(f"{path} could not be written: {written.stderr.strip()}")
