"""The account under which the private PostgreSQL runs, and which folders it may use."""

import errno
import os
import pwd
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devtools.postgresql.errors import NotAvailable

# PostgreSQL refuses to run as root; every Unix has the last of these.
FOR_ROOT = ("postgres", "nobody")
# Secrets of the portal do not belong into the environment of another account's process; PG* would change the server.
INHERITED_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int

    @classmethod
    def for_cluster(cls, data: Path) -> "Account":
        """The caller's own; for root that of the cluster's owner, or one without rights if there is no cluster yet."""
        if os.geteuid() != 0:
            return cls._of(pwd.getpwuid(os.geteuid()))
        if data.exists() and data.stat().st_uid != 0:
            return cls._of(pwd.getpwuid(data.stat().st_uid))
        for name in FOR_ROOT:
            try:
                return cls._of(pwd.getpwnam(name))
            except KeyError:
                continue
        raise NotAvailable(
            f"PostgreSQL refuses to run as root, and this machine has no account {' or '.join(FOR_ROOT)}. "
            "Run this as an ordinary user, or name a server in DATABASE_URL."
        )

    @classmethod
    def _of(cls, entry: pwd.struct_passwd) -> "Account":
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)

    @property
    def is_ours(self) -> bool:
        return self.uid == os.geteuid()

    def run(self, command: Sequence[str], **options: Any) -> "subprocess.CompletedProcess[str]":
        """Runs `command` under this account, from `/`, with nothing of ours open. Never raises for its exit status."""
        if not self.is_ours:
            options.update(user=self.uid, group=self.gid, extra_groups=[])
        if "input" not in options:
            options["stdin"] = subprocess.DEVNULL
        environment = {name: os.environ[name] for name in INHERITED_ENVIRONMENT if name in os.environ}
        options.update(env={**environment, "LC_ALL": "C", "TZ": "UTC"}, cwd="/", umask=0o077, start_new_session=True)
        try:
            return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, **options)
        except PermissionError as refused:
            if refused.errno != errno.EPERM:
                raise
            raise NotAvailable(
                f"PostgreSQL refuses to run as root, and this root may not become {self.name} (no right to change "
                "accounts here). Run this as an ordinary user, or name a server in DATABASE_URL."
            ) from refused

    def own(self, folder: Path) -> bool:
        """Makes `folder` for this account alone. False if the account cannot use it there."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self.is_ours:
                os.chown(folder, self.uid, self.gid)
            os.chmod(folder, 0o700)
        except OSError:
            return False
        # Some file systems ignore owner and mode, and a closed folder further up cannot be seen from here: so try.
        tried = ["/bin/sh", "-c", 'cd "$1" && test -w .', "sh", str(folder)]
        return self.owns(folder) and self.run(tried).returncode == 0

    def owns(self, folder: Path) -> bool:
        status = folder.lstat()
        return stat.S_ISDIR(status.st_mode) and status.st_uid == self.uid and stat.S_IMODE(status.st_mode) == 0o700

    def may_run(self, program: Path) -> bool:
        try:
            return self.run([str(program), "--version"]).returncode == 0
        except OSError:
            return False
