"""What is promised of `make run`: one command that starts everything, and one signal that ends it?"""

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request

import pytest

from devtools.postgresql.cluster import Cluster
from evcnet.var_dir import PROJECT
from tests.launch.conftest import portal_environment, running_in

# In the place of the installation, which takes its purpose and then what to go on with.
SKIP = f'go_on() {{ shift; exec {sys.executable} "$$@"; }}; go_on'
READY = "Ctrl-C ends everything"
# Ten seconds are promised; on a machine that is busy with other tests only that it ends can be asserted.
PATIENCE = 60


class Portal:
    """A `make run` whose folder is `var`, without the installation: that of the tests is used."""

    def __init__(self, var, port=None, demo=False, ocpp_port=None):
        self.var, self.port, self.ocpp_port = var, port or free_port(), ocpp_port or free_port()
        var.parent.mkdir(exist_ok=True)
        self.output = var.parent / f"output-{self.port}"
        with self.output.open("w") as output:
            self.make = subprocess.Popen(
                ["make", "run", f"INSTALLED={SKIP}"],
                cwd=PROJECT,
                env={
                    **portal_environment(var),
                    "PORT": str(self.port),
                    "OCPP_PORT": str(self.ocpp_port),
                    "WEB_CONCURRENCY": "1",
                    "EVCNET_DEMO": str(demo).lower(),
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.output.read_text()

    def await_ready(self):
        until(lambda: READY in self.said() or self.make.poll() is not None)
        assert READY in self.said(), self.said()
        return self

    def status(self) -> int:
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(asking):
            asking.request("GET", "/", headers={"Host": "localhost"})
            return asking.getresponse().status

    def processes(self, part: str = "") -> list[int]:
        # The web server's processes overwrite their arguments and environment with their name.
        mine = {**running_in(self.var), **running_in(f"evcnet on port {self.port}")}
        return [pid for pid, line in mine.items() if part in line]


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def until(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    assert condition()


@pytest.fixture
def start(var):
    started = []

    def start(port=None, demo=False, ocpp_port=None):
        started.append(Portal(var, port, demo, ocpp_port))
        return started[-1]

    yield start
    for portal in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(portal.make.pid, signal.SIGTERM)
        portal.make.wait(20)


@pytest.fixture(autouse=True)
def heard():
    """A shell that starts the tests in the background has INT ignored, nohup has HUP, and make would inherit that."""
    before = {each: signal.signal(each, signal.default_int_handler) for each in (signal.SIGINT, signal.SIGHUP)}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


def test_a_signal_to_make_alone_ends_all_and_the_next_start_finds_the_data(start, var):
    for wish in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        portal = start().await_ready()
        assert portal.status() in (200, 302)
        assert portal.processes("gunicorn") and portal.processes("worker") and portal.processes("postgres")
        portal.make.send_signal(wish)
        portal.make.wait(PATIENCE)
        assert portal.processes() == []
    assert "No migrations to apply" in portal.said()


def test_every_login_that_the_demo_prints_signs_in(start, var):
    """By the portal as it is started, whose database no test runner has prepared."""
    portal = start(demo=True).await_ready()
    logins = [line.rsplit(maxsplit=2) for line in (var / "logins.txt").read_text().splitlines()]
    roles = ["provider:", "sub provider:", "helpdesk:", "other provider:", "operator:"]
    assert [role for role, _, _ in logins] == roles
    for _, email, password in logins:
        assert signed_in(portal, email, password) == 200


def signed_in(portal, email, password):
    """What is answered to whoever has signed in."""
    base = f"http://127.0.0.1:{portal.port}"
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    form = browser.open(f"{base}/login/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)[1]
    sent = urllib.parse.urlencode({"csrfmiddlewaretoken": token, "login": email, "password": password})
    answer = browser.open(f"{base}/login/", sent.encode(), timeout=60)
    assert 'name="password"' not in answer.read().decode()
    return answer.status


def test_a_signal_while_it_still_prepares_ends_all(start, var):
    portal = start()
    until(lambda: "Applying" in portal.said())
    portal.make.terminate()
    portal.make.wait(PATIENCE)
    assert portal.processes() == []


def test_a_port_that_is_taken_is_named_with_the_way_out_and_nothing_is_started(start, var):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        portal = start(port=other.getsockname()[1])
        assert portal.make.wait(60) != 0
    assert f"Port {portal.port} of 127.0.0.1 cannot be had" in portal.said()
    assert f"PORT={portal.port + 1} make run" in portal.said()
    assert not Cluster(var).data.exists()


def test_the_gateway_runs_too_and_ends_with_the_rest(start, migrated_var):
    portal = start().await_ready()
    assert f"ws://127.0.0.1:{portal.ocpp_port}/ocpp/IDENTITY" in portal.said()
    until(lambda: gateway_answers(portal.ocpp_port))
    portal.make.send_signal(signal.SIGTERM)
    portal.make.wait(20)
    assert portal.processes() == []


def gateway_answers(port) -> bool:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as asking:
        try:
            asking.request("GET", "/healthz")
            return asking.getresponse().status == 200
        except OSError:
            return False


def test_where_the_port_of_the_gateway_is_taken_the_portal_says_so_and_is_served_all_the_same(start, migrated_var):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        portal = start(ocpp_port=other.getsockname()[1]).await_ready()
        assert portal.status() in (200, 302)
    assert f"Port {portal.ocpp_port} of 127.0.0.1 cannot be had" in portal.said()
    assert "The portal runs all the same" in portal.said()
    assert f"OCPP_PORT={portal.ocpp_port + 1} make run" in portal.said()
    assert portal.processes("manage.py gateway") == []


def test_two_run_in_one_folder_and_the_last_to_end_stops_the_database(start, migrated_var):
    first, second = start(), start()
    first.await_ready()
    second.await_ready()
    first.make.terminate()
    first.make.wait(PATIENCE)
    assert second.status() in (200, 302)
    assert Cluster(migrated_var).is_up()
    second.make.terminate()
    second.make.wait(PATIENCE)
    assert first.processes() + second.processes() == []


def test_a_worker_that_dies_is_started_again_and_a_web_server_that_dies_ends_all(start, migrated_var):
    portal = start().await_ready()
    (worker,) = portal.processes("manage.py worker")
    os.kill(worker, signal.SIGKILL)
    until(lambda: portal.processes("manage.py worker") not in ([], [worker]))
    for process in portal.processes("gunicorn"):
        os.kill(process, signal.SIGKILL)
    assert portal.make.wait(20) != 0
    assert "The web server ended by itself" in portal.said()
    assert portal.processes() == []
