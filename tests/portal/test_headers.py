"""What a browser is told with every answer, and under which settings the portal refuses to start."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from evcnet.logs import LineFormatter, RequestLog
from tests.tables import for_each

PROJECT = Path(__file__).resolve().parents[2]
LONG_SECRET = "hT7-kQ2_wZ9xLm4RvB8nYc1JdF6gPs3KaE5uXo0iWqVtNzHyGjCbM"
PRODUCTION = {"EVCNET_MODE": "production", "SECRET_KEY": LONG_SECRET, "ALLOWED_HOSTS": "portal.example"}
ASK = """
import django; django.setup()
from django.test import Client
from tests.tables import for_each
answer = Client(headers={"host": "HOST"}).get("/%s", secure=%s)
print(answer.status_code, dict(answer.headers), answer.cookies.output())
"""
ASK_BY_ADDRESS = ASK.replace("HOST", "10.0.0.7:8000")
ASK = ASK.replace("HOST", "portal.example")


def start(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A process of its own: settings are read once."""
    said = PRODUCTION | environment
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
    inherited["DJANGO_SETTINGS_MODULE"] = "evcnet.settings"
    return subprocess.run(
        [sys.executable, *command], cwd=PROJECT, env=inherited | said, capture_output=True, text=True, check=False
    )


# Settings


def test_the_deployment_check_has_nothing_to_say_about_production():
    checked = start("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("SECRET_KEY", "", "SECRET_KEY is not set"),
        ("SECRET_KEY", "short", "can be guessed"),
        ("SECRET_KEY", "ab" * 40, "can be guessed"),
        ("SECRET_KEY", "django-insecure-" + LONG_SECRET, "can be guessed"),
        ("DEBUG", "true", "DEBUG shows secrets"),
        ("EVCNET_MODE", "prod", "EVCNET_MODE=prod means nothing"),
    ],
)
def test_production_refuses_to_start_with(setting, value, says):
    refused = start("manage.py", "check", **{setting: value})
    assert refused.returncode != 0
    assert says in refused.stderr


# Headers


def test_production_speaks_https_alone():
    told = start("-c", ASK % ("login/", False)).stdout
    assert told.startswith("301") and "https://portal.example/login/" in told


def test_the_proxy_asks_for_health_over_plain_http():
    assert start("-c", ASK % ("healthz", False)).stdout.startswith("200")


@for_each("path", ["healthz", "readyz"])
def test_a_probe_asks_for_health_by_address(path):
    assert start("-c", ASK_BY_ADDRESS % (path, False)).stdout.startswith(("200", "503"))


@for_each("path", ["login/", "healthz/", "api/v1/authorize", "no-such-page"])
def test_no_page_is_reached_by_an_address(path):
    assert start("-c", ASK_BY_ADDRESS % (path, True)).stdout.startswith("400")


def test_production_tells_browsers_to_stay_with_https():
    told = start("-c", ASK % ("healthz", True)).stdout
    assert "'Strict-Transport-Security': 'max-age=31536000; includeSubDomains; preload'" in told


def test_cookies_of_production_are_for_https_and_this_host_alone():
    script = "import django; django.setup()\nfrom django.conf import settings as s\n" + (
        "print(s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY, s.SESSION_COOKIE_SAMESITE,"
        " s.CSRF_COOKIE_SECURE)"
    )
    assert start("-c", script).stdout.split() == ["__Host-session", "True", "True", "Lax", "True"]


@pytest.mark.parametrize("path", ["/login/", "/healthz", "/no-such-page/"])
@for_each(
    ("header", "value"),
    [
        ("X-Frame-Options", "DENY"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ],
)
def test_every_answer_carries(client, db, path, header, value):
    assert client.get(path)[header] == value


def test_the_policy_lets_scripts_come_from_here_alone(client, db):
    policy = dict(each.strip().split(" ", 1) for each in client.get("/login/")["Content-Security-Policy"].split(";"))
    assert policy["script-src"] == policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["object-src"] == "'none'"
    assert not any(word in each for each in policy.values() for word in ("unsafe", "http", "*"))


def test_pictures_may_come_from_the_host_of_the_tiles_once_it_is_set():
    told = start("-c", ASK % ("login/", True), MAP_TILES_URL="https://tiles.example.org/{z}/{x}/{y}.png").stdout
    assert "img-src 'self' data: https://tiles.example.org" in told
    assert told.count("https://tiles.example.org") == 1


def test_pages_of_a_login_are_kept_by_no_cache(world, signed_in):
    browser = signed_in(world.anna)
    for path in ("/", "/customers/customer/", "/account/sessions/", "/login/"):
        assert "no-store" in browser.get(path)["Cache-Control"], path


# Requests


@pytest.mark.parametrize("length", ["12000001", "99999999999999999999", "-1", "many"])
def test_a_request_that_is_too_large_is_not_read(client, db, length):
    refused = client.post("/login/", b"", content_type="text/plain", CONTENT_LENGTH=length)
    assert refused.status_code == 413
    assert "12 MB" in refused.content.decode()


# Log


def test_production_logs_json_with_the_id_of_the_request():
    lines = [json.loads(line) for line in start("-c", ASK % ("healthz?q=Jansen", True)).stderr.splitlines()]
    begun, ended = (
        next(each for each in lines if each["event"] == f"request_{when}") for when in ("started", "finished")
    )
    assert begun["request_id"] == ended["request_id"] != ""
    assert (ended["code"], ended["request"], ended["ip"], ended["level"]) == (200, "GET /healthz", "127.0.0.1", "info")
    assert "Jansen" not in json.dumps(lines)


@pytest.mark.parametrize("path", ["/forgotten/1-d4k3y/", "/invitation/d4k3y/"])
def test_no_log_keeps_a_link_that_opens_a_login(rf, path):
    assert RequestLog.format_request(rf.get(path)) == f"GET /{path.split('/')[1]}/"


@pytest.mark.parametrize(
    "path", ["/forgotten/1-d4k3y/", "/invitation/d4k3y/", "/my/d4k3y/", "/my/d4k3y/manifest.webmanifest"]
)
def test_no_line_of_any_logger_keeps_it_and_no_browser_passes_it_on(client, db, capsys, path):
    formatter = LineFormatter(
        **{key: value for key, value in settings.LOGGING["formatters"]["line"].items() if key != "()"}
    )
    handler, lines = logging.StreamHandler(), []
    handler.setFormatter(formatter)
    handler.emit = lambda record: lines.append(handler.format(record))
    logging.getLogger().addHandler(handler)
    try:
        answer = client.get(path)
        logging.getLogger("library").error("https://host%s failed", path)
    finally:
        logging.getLogger().removeHandler(handler)
    assert answer["Referrer-Policy"] == "strict-origin"
    assert any("***" in line for line in lines)
    assert not any("d4k3y" in line for line in lines)
