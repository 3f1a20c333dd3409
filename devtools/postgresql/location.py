"""Where the private PostgreSQL of a folder lies.

In the folder, if the account that runs it can use that folder; else elsewhere, and a note in the folder says where.
"""

import hashlib
import os
import re
import secrets
import stat
import sys
import tempfile
from pathlib import Path

from devtools.postgresql.account import Account
from devtools.postgresql.errors import NotAvailable

NOTE = "postgresql.where"
SOCKET_NAME = ".s.PGSQL.5432"
# What sockaddr_un holds, less its final zero.
LONGEST_SOCKET = 107 if sys.platform == "linux" else 103
# The server and libpq both read lists here, with their own quoting: other paths get a socket elsewhere.
PLAIN = re.compile(r"[\w/.+=~-]+", re.ASCII)


def home(var: Path) -> Path:
    """The folder of the cluster that belongs to `var`, whether or not it exists yet.

    Raises NotAvailable if `var` is a copy of a folder whose cluster lies elsewhere: two folders, one cluster.
    """
    noted = _note(var)
    if not noted:
        return var / "postgresql"
    first = Path(noted["folder"])
    if first != var and _note(first) == noted:
        raise NotAvailable(
            f"{var} was copied from {first}, whose database lies in {noted['database']} and was not copied with it. "
            f"Remove {var / NOTE} to begin with an empty database here."
        )
    return Path(noted["database"])


def choose_folder(var: Path, account: Account, durable: bool) -> Path:
    """Makes the folder of a new cluster and returns it; leaves a note in `var` if it lies elsewhere."""
    inside = var / "postgresql"
    if _note(var) and home(var).exists():
        return home(var)
    if _note(var):
        raise NotAvailable(
            f"{var / NOTE} says that the database lies in {home(var)}, but nothing is there. "
            "Bring it back, or remove that note to begin with an empty database."
        )
    if account.own(inside):
        return inside
    if inside.exists() and not any(inside.iterdir()):
        inside.rmdir()
    for base in _elsewhere(durable):
        folder = base / f"{_mark(var)}-{secrets.token_hex(3)}"
        if _open_to_all(base) and account.own(folder):
            _write_note(var, folder, account)
            return folder
    raise NotAvailable(
        f"Account {account.name}, which would run the private PostgreSQL, can use neither {inside} nor any of "
        f"{', '.join(map(str, _elsewhere(durable)))}. Name another folder in EVCNET_VAR, or a server in DATABASE_URL."
    )


def socket_folder(at: Path, account: Account) -> Path:
    """The folder of the socket of the cluster at `at`: short and plain enough for the kernel, the server and libpq."""
    inside = at / "socket"
    if len(os.fsencode(inside / SOCKET_NAME)) <= LONGEST_SOCKET and PLAIN.fullmatch(str(inside)):
        return inside
    passing = tempfile.gettempdir()
    fits = len(os.fsencode(passing)) <= 50 and PLAIN.fullmatch(passing)
    return Path(passing if fits else "/tmp") / f"evcnet-{account.uid}-{_mark(at)}"


def _mark(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _elsewhere(durable: bool) -> list[Path]:
    lasting = Path("/var/lib/evcnet") if os.geteuid() == 0 else Path("~/.local/share/evcnet").expanduser()
    passing = [Path(folder) / f"evcnet-{os.geteuid()}" for folder in (tempfile.gettempdir(), "/tmp", "/var/tmp")]
    return [*([lasting] if durable else []), *dict.fromkeys(passing)]


def _open_to_all(base: Path) -> bool:
    """Makes `base` so that every account may pass through it; False if it is not ours to make."""
    try:
        base.mkdir(parents=True, exist_ok=True)
        if base.lstat().st_uid != os.geteuid() or not stat.S_ISDIR(base.lstat().st_mode):
            return False
        base.chmod(0o755)
    except OSError:
        return False
    return True


def _note(var: Path) -> dict[str, str]:
    try:
        lines = (var / NOTE).read_text().splitlines()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return {}
    return dict(line.split(": ", 1) for line in lines if line.startswith(("folder: ", "database: ")))


def _write_note(var: Path, folder: Path, account: Account) -> None:
    reason = f"its account, {account.name}, cannot use this folder"
    (var / NOTE).write_text(
        f"The private PostgreSQL of this folder lies elsewhere: {reason}.\nfolder: {var}\ndatabase: {folder}\n"
    )
