"""The server's process: which one serves a cluster, and a launch that depends on nobody."""

import os
from collections.abc import Sequence
from pathlib import Path

from devtools.postgresql.account import Account
from devtools.postgresql.errors import NotAvailable

# Through a shell that ends at once: the server is nobody's child, holds neither terminal nor pipe of the caller, and
# never becomes a zombie of a process that lives long.
LAUNCH = 'log=$1; shift; "$@" </dev/null >>"$log" 2>&1 & echo $!'


def launch(account: Account, command: Sequence[str], log: Path) -> int:
    """Starts `command` under `account` in a session of its own and returns its process at once."""
    launched = account.run(["/bin/sh", "-c", LAUNCH, "sh", str(log), *command])
    if not launched.stdout.strip():
        raise NotAvailable(f"{command[0]} could not be started: {launched.stderr.strip()}")
    return int(launched.stdout)


def read_pid(path: Path) -> int:
    """The process in the first line of a lock file; 0 if there is none."""
    try:
        return int(path.read_text().splitlines()[0])
    except (FileNotFoundError, NotADirectoryError, IndexError, ValueError):
        return 0


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError, OverflowError):
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    # Where process 1 does not collect the dead, a server that has ended stays as a zombie.
    return state != "Z"


def may_serve(pid: int, data: Path) -> bool:
    """False only if it is certain that the process is another program that got the number of a killed server."""
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd")) == data
    except OSError:
        return True
