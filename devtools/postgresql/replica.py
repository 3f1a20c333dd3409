"""A replica of the private PostgreSQL: a second server that is copied from the first one and replays what it writes.

For trying and testing what REPLICA_URL does: it lies on the same disk, so it saves nothing.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from devtools.postgresql import location
from devtools.postgresql.binaries import Binaries
from devtools.postgresql.cluster import Cluster
from devtools.postgresql.errors import NotAvailable
from devtools.postgresql.file_permissions import runnable
from evcnet.database import PRIVATE_NAME, PRIVATE_USER

FOLDER = "replica"
COPY = "pg_basebackup"
MAY_COPY = f"local replication {PRIVATE_USER} peer map={PRIVATE_USER}\n"


class Replica(Cluster):
    """The replica of the private PostgreSQL ``primary``, in a folder below that one's."""

    def __init__(self, primary: Cluster) -> None:
        super().__init__(primary.var / FOLDER, primary.durable)
        self.primary = primary

    def url(self, database: str = PRIVATE_NAME) -> str:
        """For REPLICA_URL."""
        return f"postgres:///{self.socket_folder}/{database}?user={PRIVATE_USER}"

    def is_available(self) -> bool:
        """False where the programs of the first one lack the one that copies."""
        self.primary.ensure_up()
        return os.access(self.primary.programs()[COPY], os.X_OK)

    def _make(self) -> None:
        self.primary.ensure_up()
        home = location.choose_folder(self.var, self.account, self.durable)
        programs = runnable(self.primary.programs(), self.account, home)
        self._let_copy()
        self._copy(programs, home / "data")

    def _let_copy(self) -> None:
        """The first one lets its own account copy it from now on."""
        rules, account = self.primary.data / "pg_hba.conf", self.primary.account
        if MAY_COPY in rules.read_text():
            return
        written = account.run(["/bin/sh", "-c", 'cat >>"$1"', "sh", str(rules)], input=MAY_COPY)
        if written.returncode:
            raise NotAvailable(f"{rules} could not be written: {written.stderr.strip()}")
        if pid := self.primary.pid():
            os.kill(pid, signal.SIGHUP)

    def _copy(self, programs: Binaries, data: Path) -> None:
        sockets, account = self.primary.socket_folder, self.account
        command = [programs[COPY], "-D", str(data), "-h", str(sockets), "-p", "5432", "-U", PRIVATE_USER]
        options = ["--write-recovery-conf", "--checkpoint=fast", *([] if self.durable else ["--no-sync"])]
        copied = account.run([*command, *options])
        if copied.returncode:
            raise NotAvailable(f"The replica could not be copied. {COPY} said:\n{copied.stderr.strip()}")

    def _ensure_database(self) -> None:
        """It has what the first one has."""
