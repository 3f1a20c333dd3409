"""The command `portal`: runs the whole portal on one machine."""

import contextlib
import fcntl
import http.client
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connections

from devtools.postgresql.cluster import Cluster
from devtools.supervisor import Ended, Program, end, ignore_signals, raise_ended_on_signals, watch_of_make
from evcnet import database, var_dir

# All is over ten seconds after it was asked for, also on a busy machine: the programs get half, the database the rest.
FOR_PROGRAMS, FOR_ALL = 4.0, 8.0
UNTIL_ANSWER = 120.0
# As the units and containers in deploy/ start them.
WEB = ["-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
WORKER = ["manage.py", "worker"]
GATEWAY = ["manage.py", "gateway"]
SIMULATED = ["manage.py", "simulate_points"]
OCPP_PORT = 9000


class Command(BaseCommand):
    help = (
        "Migrates, loads the demo provider, runs web server, worker and gateway until INT, TERM or HUP. PORT (8000) is "
        "served, and OCPP_PORT (9000) to charge points."
    )
    requires_system_checks = ()

    def handle(self, **options: Any) -> None:
        self.var = var_dir.var()
        self.asked_to_end = watch_of_make()
        self.programs: list[Program] = []
        self.about_devices: list[str] = []
        host, port = os.environ.get("EVCNET_HOST") or "127.0.0.1", _port()
        _refuse_port_in_use(host, port)
        with _in_use(self.var) as last_to_end:
            raise_ended_on_signals()
            try:
                self.prepare()
                self.serve(host, port)
            except Ended:
                self.say("Ending")
            finally:
                self.end(last_to_end)

    def prepare(self) -> None:
        with _alone(self.var / "prepare.lock"):
            self.say("Bringing the database up to date")
            self.migrate()
            if _has_demo():
                call_command("demo")
            self.say("Collecting style sheets, scripts and pictures")
            call_command("collectstatic", interactive=False, verbosity=0)
        connections.close_all()

    def migrate(self) -> None:
        try:
            call_command("migrate", interactive=False)
        except OperationalError as refused:
            raise CommandError(f"The database cannot be used: {refused}") from refused

    def serve(self, host: str, port: int) -> None:
        logs = self.var / "logs"
        served = {"EVCNET_HOST": host, "PORT": str(port), "GUNICORN_CMD_ARGS": ""}
        web = Program("web server", [sys.executable, *WEB], logs / "web.log", environment=served)
        worker = Program("worker", [sys.executable, *WORKER], logs / "worker.log")
        self.programs += [web, worker, *self.device_programs(host, logs)]
        for program in self.programs:
            program.start()
        self.await_answer(web, host, port)
        self.say(f"The portal is at http://{'localhost' if host == '127.0.0.1' else host}:{port}/")
        for line in self.about_devices:
            self.say(line)
        logins = self.var / "logins.txt"
        if logins.exists():
            self.say(f"Logins, kept in {logins}:\n{logins.read_text().rstrip()}")
        self.say(f"Logs are in {logs}. Ctrl-C ends everything.")
        while True:
            self.look_after(web, *self.programs[1:])

    def device_programs(self, host: str, logs: Path) -> list[Program]:
        """The gateway, and the devices of the demo. Where its port cannot be had the portal is served without them."""
        asked = os.environ.get("OCPP_PORT") or str(OCPP_PORT)
        problem = _ocpp_problem(host, asked)
        if problem:
            self.about_devices = [f"Charge points cannot connect: {problem} The portal runs all the same."]
            return []
        self.about_devices = [f"Charge points connect to ws://{host}:{asked}/ocpp/IDENTITY"]
        served = {"EVCNET_HOST": host, "OCPP_PORT": asked}
        programs = [Program("gateway", [sys.executable, *GATEWAY], logs / "gateway.log", environment=served)]
        if _has_demo():
            here = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)
            simulated = [sys.executable, *SIMULATED, f"ws://{here}:{asked}"]
            programs.append(Program("simulated charge points", simulated, logs / "simulated_points.log"))
        return programs

    def await_answer(self, web: Program, host: str, port: int) -> None:
        until = time.monotonic() + UNTIL_ANSWER
        while not _answers(host, port):
            self.look_after(web)
            if time.monotonic() > until:
                raise CommandError(f"The web server does not answer. Its log, {web.log}, ends:\n{web.last_words()}")

    def look_after(self, web: Program, *others: Program) -> None:
        time.sleep(0.2)
        if self.asked_to_end():
            raise Ended
        if web.has_died():
            raise CommandError(f"The web server ended by itself. Its log, {web.log}, ends:\n{web.last_words()}")
        for program in others:
            if program.has_died():
                program.start_again_when_due()

    def end(self, last_to_end: Any) -> None:
        ignore_signals()
        asked_at = time.monotonic()
        end(self.programs, until=asked_at + FOR_PROGRAMS)
        connections.close_all()
        if database.is_private(settings.DATABASES["default"]) and last_to_end():
            Cluster(self.var).stop(patience=asked_at + FOR_ALL - time.monotonic())

    def say(self, message: str) -> None:
        self.stdout.write(message)
        self.stdout.flush()


def _has_demo() -> bool:
    wished = settings.MODE != "production" and os.environ.get("EVCNET_DEMO") != "false"
    return wished and "demo" in get_commands()


def _ocpp_problem(host: str, asked: str) -> str:
    """Why the gateway cannot listen at the port; empty where it can."""
    if not asked.isdecimal() or not 0 < int(asked) < 65536:
        return f"OCPP_PORT={asked} is no port: choose a number from 1 to 65535."
    try:
        _refuse_port_in_use(host, int(asked))
    except CommandError as refused:
        return str(refused).replace("PORT=", "OCPP_PORT=")
    return ""


def _port() -> int:
    asked = os.environ.get("PORT") or "8000"
    if not asked.isdecimal() or not 0 < int(asked) < 65536:
        raise CommandError(f"PORT={asked} is no port: choose a number from 1 to 65535, as in PORT=8123 make run.")
    return int(asked)


def _refuse_port_in_use(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as refused:
            raise CommandError(
                f"Port {port} of {host} cannot be had ({refused.strerror}). Choose another: PORT={port + 1} make run"
            ) from refused


def _answers(host: str, port: int) -> bool:
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    asking = http.client.HTTPConnection(here, port, timeout=10)
    try:
        asking.request("GET", "/healthz", headers={"Host": "localhost"})
        return asking.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asking.close()


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Two runs in one folder do not migrate at the same time."""
    with path.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _in_use(var: Path) -> Iterator[Any]:
    """Marks the folder as used by a running portal; gives a function that tells whether no other one uses it."""
    var.mkdir(parents=True, exist_ok=True)
    with (var / "run.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_SH)

        def last_to_end() -> bool:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return False
            return True

        yield last_to_end
