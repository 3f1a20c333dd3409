"""All checks: style, types, imports, migrations and tests, on a throw-away PostgreSQL: `make test`, or `python -m tests` when installed."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from devtools.postgresql.cluster import Cluster
from devtools.postgresql.errors import NotAvailable
from devtools.supervisor import Ended, ignore_signals, raise_ended_on_signals

PROJECT = Path(__file__).resolve().parent.parent

LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
PYTHON = (sys.executable,)
CHECKS = {
    "style": (*PYTHON, "-m", "ruff", "check", "--output-format=concise", "."),
    "format": (*PYTHON, "-m", "ruff", "format", "--check", "--output-format=concise", "."),
    "types": (*PYTHON, "-m", "mypy"),
    "imports": (*PYTHON, "-c", LINT_IMPORTS),
    "unused": (*PYTHON, "-m", "vulture"),
    "templates": (*PYTHON, "-m", "djlint", "--check", "--quiet", "templates"),
    "migrations": (*PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"),
    # Last, so that its count closes what is printed. -rs: what was skipped, and why; -m "": the slow ones as well.
    "tests": (*PYTHON, "-m", "pytest", "-m", "", "-n", "2", "--dist", "worksteal", "-rs"),
}
CONFIGURED = {"types": "mypy", "imports": "importlinter"}


def main() -> int:
    raise_ended_on_signals()
    folder = Path(tempfile.mkdtemp(prefix="evcnet-test-"))
    folder.chmod(0o711)
    cluster = Cluster(folder / "var", durable=False)
    try:
        cluster.ensure_up()
        failed = [name for name in _configured() if not _holds(name, cluster.var)]
    except NotAvailable as refused:
        raise SystemExit(str(refused)) from refused
    except Ended as ended:
        raise SystemExit(128 + ended.args[0]) from ended
    finally:
        ignore_signals()
        cluster.remove()
        shutil.rmtree(folder, ignore_errors=True)
    if failed:
        print(f"make test: not all holds: {', '.join(failed)}", flush=True)
    return 1 if failed else 0


def _configured() -> list[str]:
    tools = tomllib.loads((PROJECT / "pyproject.toml").read_text()).get("tool", {})
    return [name for name in CHECKS if CONFIGURED.get(name, name) in tools or name not in CONFIGURED]


def _holds(name: str, var: Path) -> bool:
    print(f"\n== {name}", flush=True)
    # Set to nothing rather than left out: a .env file would fill in what is missing.
    environment = {**os.environ, "EVCNET_VAR": str(var), "DATABASE_URL": "", "EVCNET_MODE": "development"}
    process = subprocess.Popen(CHECKS[name], cwd=PROJECT, env=environment, stdin=subprocess.DEVNULL)
    try:
        return process.wait() == 0
    except Ended:
        # pytest tidies up on INT alone.
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        raise


if __name__ == "__main__":
    raise SystemExit(main())
