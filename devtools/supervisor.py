"""Supervisor: keeps web server, worker and gateway running side by side, and ends them all."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from evcnet.var_dir import PROJECT

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LARGEST_LOG = 10_000_000
# Seconds until a program that died is started again: doubled each time, and 1 again once it has run for a minute.
LONGEST_PAUSE = 30.0
SETTLED = 60.0


class Ended(BaseException):
    """Somebody asked for the end: INT, TERM or HUP. Not an Exception, so that nothing on the way takes it for a fault."""


@dataclass
class Program:
    """A program that runs until the end, in a session of its own: a Ctrl-C in the terminal reaches only us."""

    name: str
    command: list[str]
    log: Path
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    pause: float = 1.0
    environment: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.started_at = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment, "PYTHONUNBUFFERED": "1"},
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - there are no threads here
            )

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def start_again_when_due(self) -> None:
        if time.monotonic() - self.started_at > SETTLED:
            self.pause = 1.0
        if time.monotonic() - self.started_at >= self.pause:
            self.pause = min(2 * self.pause, LONGEST_PAUSE)
            print(
                f"The {self.name} ended by itself and is started again; its log: {self.log}",
                file=sys.stderr,
                flush=True,
            )
            self.start()

    def tell(self, wish: int) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, wish)

    def last_words(self, lines: int = 20) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def end(programs: list[Program], until: float) -> None:
    """Ends all of them and their children: politely, and by force at the moment `until` (of the monotonic clock)."""
    for program in programs:
        # A program that has died may have left children in its group; they are told as well.
        program.tell(signal.SIGTERM)
    while time.monotonic() < until and not all(program.process is None or program.has_died() for program in programs):
        time.sleep(0.05)
    for program in programs:
        program.tell(signal.SIGKILL)
        if program.process is not None:
            program.process.wait()


def raise_ended_on_signals() -> None:
    """From now on INT, TERM and HUP raise Ended."""

    def ended(number: int, _frame: object) -> NoReturn:
        ignore_signals()
        raise Ended(number)

    for number in SIGNALS:
        # Whoever starts us under nohup wants us to outlive the terminal.
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, ended)


def ignore_signals() -> None:
    """What cleans up is not disturbed by an impatient second Ctrl-C."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def watch_of_make() -> Callable[[], bool]:
    """Tells whether the `make` that started us (if one did) is gone or was asked to end.

    GNU make passes TERM on to its children, but takes for granted that INT and HUP reach them from the terminal: sent
    to make alone, it only stops heeding them and waits for us. What it heeds is seen in /proc (Linux).
    """
    parent = os.getppid()
    if _heeds(parent) is None:
        return lambda: False
    return lambda: os.getppid() != parent or _heeds(parent) is False


def _heeds(make: int) -> bool | None:
    """Whether process `make` still catches (or was started to ignore) INT and HUP; None if it is no make."""
    try:
        lines = Path(f"/proc/{make}/status").read_text().splitlines()
    except OSError:
        return None
    status = dict(line.split(":", 1) for line in lines if ":" in line)
    if status["Name"].strip() not in ("make", "gmake"):
        return None
    heeded = int(status["SigCgt"], 16) | int(status["SigIgn"], 16)
    return all(heeded & 1 << number - 1 for number in (signal.SIGINT, signal.SIGHUP))


def _end_with_parent() -> None:
    """Linux: if we are killed, the programs get TERM."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
