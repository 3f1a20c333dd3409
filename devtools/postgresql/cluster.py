"""The private PostgreSQL of a folder: whether it is up, how it is started and stopped."""

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from devtools.postgresql import binaries, location, process
from devtools.postgresql.account import Account
from devtools.postgresql.binaries import Binaries
from devtools.postgresql.creation import create
from devtools.postgresql.errors import NotAvailable
from devtools.postgresql.file_permissions import runnable
from evcnet.database import PRIVATE_NAME, PRIVATE_USER

PAUSE = 0.02
# Crash recovery of a large database may take long; a server that has died is noticed at once.
PATIENCE = 300.0
# How long the children of a killed server may take to notice, in seconds; until then a new one refuses to start.
ORPHANS = 15.0


class Cluster:
    """The private PostgreSQL of the folder `var`. With durable=False it is made for speed, not for lasting."""

    def __init__(self, var: Path, durable: bool = True) -> None:
        self.var = var
        self.durable = durable

    @property
    def home(self) -> Path:
        return location.home(self.var)

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "log"

    @property
    def account(self) -> Account:
        return Account.for_cluster(self.data)

    @property
    def socket_folder(self) -> Path:
        return location.socket_folder(self.home, self.account)

    @property
    def version(self) -> int | None:
        """The major version that the data was made by; None before there is any."""
        try:
            return int((self.data / "PG_VERSION").read_text())
        except FileNotFoundError:
            return None

    def connection_options(self, database: str = PRIVATE_NAME) -> dict[str, Any]:
        return {"dbname": database, "user": PRIVATE_USER, "host": str(self.socket_folder), "port": "5432"}

    def is_up(self) -> bool:
        """True if it takes connections now."""
        return self._status() == "ready" and self._answers()

    def pid(self) -> int | None:
        """The server's process, or None if there is none; a leftover of a killed server does not count."""
        # A server that ends removes its first file a little before it is gone, and then the second.
        noted = (process.read_pid(path) for path in self._lock_files())
        return next((pid for pid in noted if pid and process.is_alive(pid) and process.may_serve(pid, self.data)), None)

    def ensure_up(self) -> None:
        """Starts it if it is not up, making it first if there is none. Two at once: one starts it, the other waits.

        Raises NotAvailable, with the way out, if that cannot be.
        """
        self.check_access()
        if not self.is_up():
            with self._lock():
                self._start()

    def stop(self, patience: float = 60.0) -> bool:
        """Stops it within about `patience` seconds, whatever its clients do. False if it was not up."""
        self.check_access()
        if self.pid() is None:
            return False
        with self._lock():
            for wish, share in ((signal.SIGINT, 0.6), (signal.SIGQUIT, 0.3), (signal.SIGKILL, 0.1)):
                pid = self.pid()
                if pid is None:
                    break
                os.kill(pid, wish)
                _until(lambda: self.pid() is None, patience * share)
            self._tidy(self.socket_folder)
        return True

    def remove(self) -> None:
        """Stops it and removes all its data."""
        self.stop(patience=10)
        home = self.home
        shutil.rmtree(home, ignore_errors=True)
        self._tidy(home.parent)
        (self.var / location.NOTE).unlink(missing_ok=True)

    def _tidy(self, folder: Path) -> None:
        """Removes a folder that was made elsewhere, if nothing is left in it."""
        if not folder.is_relative_to(self.var) and not folder.is_relative_to(self.home):
            with contextlib.suppress(OSError):
                folder.rmdir()

    def check_access(self) -> None:
        """Raises NotAvailable if the cluster belongs to another account, which only root can overcome."""
        home = self.home
        try:
            other = home.exists() and os.geteuid() != 0 and home.stat().st_uid != os.geteuid()
        except PermissionError:
            other = True
        if other:
            raise NotAvailable(
                f"The private database in {home} belongs to another account. Run this as that account or as root, "
                "or name a folder of your own in EVCNET_VAR."
            )

    def _start(self) -> None:
        self._wait_while_busy()
        if self.is_up():
            return
        if self.version is None:
            self._make()
        programs = self.programs()
        sockets = self.socket_folder
        if not self.account.own(sockets):
            raise NotAvailable(
                f"{sockets}, the folder for the private PostgreSQL's socket, belongs to somebody else. "
                "Remove it, or name a folder with a shorter path in EVCNET_VAR."
            )
        # What a killed server left: it would refuse to start if another program had got its number since.
        for leftover in self._lock_files():
            leftover.unlink(missing_ok=True)
        self._launch(programs, sockets)
        self._ensure_database()
        _tell(f"Started the private PostgreSQL {programs.major} of {self.var} ('manage.py database stop' stops it)")

    def _make(self) -> None:
        programs = binaries.find()
        _tell(f"Making a private PostgreSQL {programs.major} database for {self.var}")
        account = self.account
        home = location.choose_folder(self.var, account, self.durable)
        create(home / "data", account, runnable(programs, account, home), self.durable)

    def programs(self) -> Binaries:
        """The programs of the version that made the data: no other can read it."""
        for programs in binaries.candidates():
            if programs.major == self.version:
                return runnable(programs, self.account, self.home)
        had = ", ".join(f"{other.major} ({other.folder})" for other in binaries.candidates())
        raise NotAvailable(
            f"The database in {self.home} was made by PostgreSQL {self.version}, and this machine has {had or 'none'}. "
            f"Install PostgreSQL {self.version} beside it (requirements-postgres.lock brings {binaries.pinned()}); or, to "
            f"begin with an empty database, move {self.home} away and remove {self.var / location.NOTE} if it is there; "
            "or name a server in DATABASE_URL."
        )

    def _launch(self, programs: Binaries, sockets: Path) -> None:
        server = [programs["postgres"], "-D", str(self.data), "-p", "5432", "-k", str(sockets)]
        options = ["-c", "listen_addresses=", "-c", "unix_socket_permissions=0700"]
        output, orphans_gone = "", time.monotonic() + ORPHANS
        while time.monotonic() < orphans_gone:
            log_end = self.log.stat().st_size if self.log.exists() else 0
            if self._comes_up(pid=process.launch(self.account, [*server, *options], self.log)):
                return
            output = self.log.read_bytes()[log_end:].decode(errors="replace") if self.log.exists() else ""
            if "shared memory block" not in output:
                break
            time.sleep(10 * PAUSE)
        raise NotAvailable(f"The private PostgreSQL in {self.home} did not start. It said:\n{output[-2000:].strip()}")

    def _comes_up(self, pid: int) -> bool:
        try:
            return _until(lambda: self.is_up() or not process.is_alive(pid), PATIENCE) and self.is_up()
        except BaseException:
            # Interrupted, so nobody waits for it. INT would not do: until it has set itself up, it ignores that.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            raise

    def _ensure_database(self) -> None:
        import psycopg

        with psycopg.connect(**self.connection_options("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [PRIVATE_NAME]).fetchone():
                connection.execute(f"CREATE DATABASE {PRIVATE_NAME}")

    def _wait_while_busy(self) -> None:
        """Somebody without our lock (a shutdown of the machine, a signal) may be starting or stopping it."""
        _until(lambda: self.pid() is None or self.is_up(), PATIENCE)

    def _lock_files(self) -> tuple[Path, Path]:
        return self.data / "postmaster.pid", self.socket_folder / f"{location.SOCKET_NAME}.lock"

    def _status(self) -> str:
        try:
            return self._lock_files()[0].read_text().splitlines()[7].strip()
        except (FileNotFoundError, NotADirectoryError, IndexError):
            return ""

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(5)
            try:
                client.connect(os.fsencode(self.socket_folder / location.SOCKET_NAME))
            except OSError:
                return False
        return True

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        try:
            self.var.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.var / "database.lock", os.O_RDONLY | os.O_CREAT, 0o644)
        except OSError as refused:
            raise NotAvailable(
                f"{self.var} cannot be used ({refused.strerror}). Name another in EVCNET_VAR."
            ) from refused
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _until(condition: Callable[[], bool], patience: float) -> bool:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(PAUSE)
    return False


def _tell(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
