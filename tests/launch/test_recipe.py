"""One recipe: `make run`, the README, the units, the containers and the tests start the same with the same settings."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from devtools.management.commands import portal
from evcnet.var_dir import PROJECT
from tests.launch.production import INSTALLED_IN, commands_of

DEPLOY = PROJECT / "deploy"
UNITS = ("evcnet-web", "evcnet-worker", "evcnet-gateway")
WEB = "gunicorn --config deploy/gunicorn.conf.py"
WORKER = "python manage.py worker"
GATEWAY = "python manage.py gateway"
PREPARE = ["python manage.py migrate --noinput", "python manage.py collectstatic --noinput"]


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


@pytest.fixture
def gunicorn(monkeypatch):
    for name in ("PORT", "EVCNET_HOST", "WEB_CONCURRENCY"):
        monkeypatch.delenv(name, raising=False)
    return runpy.run_path(str(DEPLOY / "gunicorn.conf.py"))


def named(command: list[str]) -> str:
    """Without the folder of the program."""
    return " ".join([Path(command[0]).name, *command[1:]])


def seconds(text: str, option: str) -> int:
    return int(re.search(rf"^\s*{option}[=: ]+(\d+)s?;?$", text, re.MULTILINE)[1])


# The same commands


def test_units_run_the_web_server_the_worker_and_the_gateway():
    assert [[named(each) for each in commands_of(unit)] for unit in UNITS] == [[WEB], [WORKER], [GATEWAY]]


def test_make_run_starts_the_same():
    assert ["-m", *WEB.split()] == portal.WEB
    assert WORKER.split()[1:] == portal.WORKER
    assert GATEWAY.split()[1:] == portal.GATEWAY


def test_containers_run_the_same(compose):
    services = compose["services"]
    assert [" ".join(services[name]["command"]) for name in ("web", "worker", "gateway")] == [WEB, WORKER, GATEWAY]
    assert WEB.split() == yaml.safe_load(re.search(r"^CMD (.*)$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)[1])


def test_the_readme_tells_the_same():
    told = re.findall(r"^    \.venv/bin/(.*?)(?:  +#.*)?$", (PROJECT / "README.md").read_text(), re.MULTILINE)
    programs = ("gunicorn", "python manage.py worker", "python manage.py gateway")
    assert [WEB, WORKER, GATEWAY] == [line for line in told if line.startswith(programs)]
    assert set(PREPARE) <= set(told)


def test_the_database_and_the_style_sheets_are_prepared_by_the_same(compose):
    assert [named(each) for each in commands_of("evcnet-web", "ExecStartPre")] == PREPARE
    assert compose["services"]["prepare"]["command"] == ["sh", "-c", " && ".join(PREPARE)]


# Time-outs


def test_nobody_waits_shorter_than_the_longest_request_takes(gunicorn, compose):
    longest = gunicorn["LONGEST_REQUEST"]
    proxy = (DEPLOY / "nginx.conf").read_text()
    assert seconds(proxy, "proxy_read_timeout") == seconds(proxy, "proxy_send_timeout") == longest
    assert gunicorn["timeout"] > longest
    unit = (DEPLOY / "systemd" / "evcnet-web.service").read_text()
    stop = (seconds(unit, "TimeoutStopSec"), int(compose["services"]["web"]["stop_grace_period"].rstrip("s")))
    assert longest < gunicorn["graceful_timeout"] < min(stop)


def test_the_worker_has_time_for_a_mail_server_that_is_slow(compose):
    unit = (DEPLOY / "systemd" / "evcnet-worker.service").read_text()
    patience = int(compose["services"]["worker"]["stop_grace_period"].rstrip("s"))
    assert seconds(unit, "TimeoutStopSec") == patience > 60


def test_the_web_server_has_threads_and_replaces_its_processes_now_and_then(gunicorn):
    assert (gunicorn["worker_class"], gunicorn["threads"]) == ("gthread", 4)
    assert 0 < gunicorn["max_requests_jitter"] < gunicorn["max_requests"]


def test_the_largest_file_passes_the_proxy(settings):
    assert (
        settings.LARGEST_UPLOAD
        == seconds((DEPLOY / "nginx.conf").read_text().replace("m;", ";"), "client_max_body_size") * 10**6
    )


# Units and containers by themselves


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze on this machine")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path):
    for unit in UNITS:
        text = (DEPLOY / "systemd" / f"{unit}.service").read_text()
        (tmp_path / f"{unit}.service").write_text(
            text.replace(f"{INSTALLED_IN}/.venv/bin", str(Path(sys.executable).parent)).replace(
                INSTALLED_IN, str(PROJECT)
            )
        )
    units = [str(path) for path in sorted(tmp_path.iterdir())]
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    said = [line for line in verified.stderr.splitlines() if "evcnet" in line]
    assert (verified.returncode, said) == (0, [])


def test_containers_are_started_again_and_given_what_production_needs(compose):
    services = compose["services"]
    for name in ("web", "worker", "gateway", "prepare"):
        values = services[name]["environment"]
        assert {"EVCNET_MODE", "SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "EMAIL_URL"} <= set(values)
        assert values["EVCNET_MODE"] == "production" and values["BEHIND_PROXY"] == "true"
        assert services[name]["restart"] in ("unless-stopped", "on-failure")
    mounted = {each.split(":")[0] for service in services.values() for each in service.get("volumes", ())}
    assert mounted == {*compose["volumes"], "./nginx.conf", "./tls"}
    assert all(
        (DEPLOY / each).exists() for each in ("nginx.conf", services["web"]["build"]["dockerfile"].split("/")[1])
    )
