"""Production mode behind nginx, which ends HTTPS: both as deploy/ configures them, in a browser and by single requests."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.contrib.auth.hashers import make_password
from django.test import override_settings
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext

from customers.models import AuditEntry, StaffMember
from evcnet.var_dir import PROJECT
from socialcharging.links import make_link, withdraw_links
from socialcharging.models import QueueEntry
from tests import factories as make
from tests.factories import PASSWORD
from tests.launch.production import commands_of, environment, running, until
from tests.social.conftest import connect, make_social, say, start

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
ELSEWHERE = "127.0.0.7"
"""Where single requests come from; the browser's come from 127.0.0.1, as nginx's own do."""
NGINX_CONF = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{ }}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    include {folder}/evcnet.conf;
}}
"""

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not (NGINX and shutil.which("openssl")),
        reason="there is no nginx on this machine: apt-get install nginx openssl",
    ),
]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="evcnet-production-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def production(django_db_setup, folder) -> Iterator[SimpleNamespace]:
    """The web server as its unit starts it, behind nginx. ``port`` is that of HTTPS, ``plain`` that of HTTP."""
    port, plain, inside = free_ports(3)
    env = environment(folder / "var", BEHIND_PROXY="true", PORT=str(inside), WEB_CONCURRENCY="1")
    for command in commands_of("evcnet-web", "ExecStartPre"):
        subprocess.run(command, cwd=PROJECT, env=env, check=True, capture_output=True)
    with running("evcnet-web", env), nginx(folder, {"443": port, "80": plain, "127.0.0.1:8000": inside}):
        at = SimpleNamespace(port=port, plain=plain, inside=inside, url=f"https://localhost:{port}")
        until(lambda: answers(at))
        yield at


@contextmanager
def nginx(folder: Path, ports: dict[str, int]) -> Iterator[None]:
    """As deploy/nginx.conf has it, at other ports and with a certificate that nobody has signed."""
    issue = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout privkey.pem -out fullchain.pem"
    )
    subprocess.run(issue.split(), cwd=folder, check=True, capture_output=True)
    conf = (PROJECT / "deploy" / "nginx.conf").read_text().replace("portal.example.org", "localhost")
    conf = conf.replace("/var/log/nginx", str(folder))
    conf = conf.replace("/etc/ssl/evcnet", str(folder)).replace(
        "127.0.0.1:8000", f"127.0.0.1:{ports['127.0.0.1:8000']}"
    )
    for known in ("443", "80"):
        conf = conf.replace(f"listen {known}", f"listen {ports[known]}")
    (folder / "evcnet.conf").write_text(conf)
    (folder / "nginx.conf").write_text(NGINX_CONF.format(folder=folder))
    process = subprocess.Popen([str(NGINX), "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)
    yield
    process.terminate()
    process.wait(10)


def free_ports(count: int) -> list[int]:
    trials = [socket.socket() for _ in range(count)]
    for trial in trials:
        trial.bind(("127.0.0.1", 0))
    ports = [trial.getsockname()[1] for trial in trials]
    for trial in trials:
        trial.close()
    return ports


def ask(at: SimpleNamespace, path: str, *, method: str = "GET", body: str = "", port: int = 0, **headers: str):
    """One request over HTTPS from elsewhere; to another port, over plain HTTP."""
    source = (ELSEWHERE, 0)
    where = port or at.port
    if port:
        connection = http.client.HTTPConnection("127.0.0.1", where, timeout=30, source_address=source)
    else:
        trusting = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(
            "127.0.0.1", where, timeout=30, source_address=source, context=trusting
        )
    sent = {"Host": f"localhost:{where}"} | {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body=body, headers=sent)
    answer = connection.getresponse()
    answer.text = answer.read().decode(errors="replace")
    connection.close()
    return answer


def listens(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


def answers(at: SimpleNamespace) -> bool:
    try:
        return ask(at, "/healthz").status == 200
    except OSError:
        return False


@pytest.fixture
def context(browser: Browser, production) -> Iterator[BrowserContext]:
    context = browser.new_context(ignore_https_errors=True)
    context.set_default_timeout(30_000)
    yield context
    context.close()


def test_anna_signs_in_through_the_proxy_with_cookies_for_https_alone(world, production, context):
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.Argon2PasswordHasher"]):
        StaffMember.objects.update(password=make_password(PASSWORD))
    page = context.new_page()
    page.goto(production.url)
    page.fill("input[name=login]", world.anna.email)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(f"{production.url}/")
    assert "evcnet" in page.title()
    cookies = {cookie["name"]: cookie for cookie in context.cookies()}
    assert {"__Host-session", "csrftoken"} <= set(cookies)
    assert all(cookie["secure"] for cookie in cookies.values())
    assert cookies["__Host-session"]["httpOnly"]
    _forged_form_is_refused(production, cookies)


def _forged_form_is_refused(production, cookies) -> None:
    """What another site sends with the cookies of somebody who is signed in."""
    cookie = "; ".join(f"{name}={each['value']}" for name, each in cookies.items())
    token = cookies["csrftoken"]["value"]
    form = {"Cookie": cookie, "Content_Type": "application/x-www-form-urlencoded", "method": "POST"}
    without_token = ask(production, "/logout/", Origin=production.url, **form)
    foreign = ask(production, "/logout/", body=f"csrfmiddlewaretoken={token}", Origin="https://evil.example", **form)
    own = ask(production, "/logout/", body=f"csrfmiddlewaretoken={token}", Origin=production.url, **form)
    assert (without_token.status, foreign.status, own.status) == (403, 403, 302)


def test_what_the_proxy_and_the_portal_say_together(world, production):
    told = ask(production, "/login/")
    assert told.status == 200
    assert told.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    redirected = ask(production, "/login/", port=production.plain)
    assert (redirected.status, redirected.headers["Location"]) == (301, "https://localhost/login/")
    # Whoever gets past the proxy is sent back to it; only a probe is answered there, by address.
    assert ask(production, "/login/", port=production.inside).status == 301
    assert ask(production, "/login/", port=production.inside, Host="10.0.0.7:8000").status == 400
    assert ask(production, "/healthz", port=production.inside, Host="10.0.0.7:8000").status == 200
    assert ask(production, "/readyz", port=production.inside, Host="10.0.0.7:8000").status == 200
    _counts_an_attempt_for_the_address_of_the_client(world, production, told)


SECRET = "k3y-of-a-driver-0123456789"


def test_no_log_keeps_the_key_of_a_drivers_link(world, production, folder):
    """Neither that of the portal, nor those of gunicorn and nginx; of what is found, gone, refused or broken."""
    _, token = make_link(world.jansen, None, timezone.now())
    for key in (token, SECRET):
        for path in (f"/my/{key}/", f"/my/{key}/?q=street", f"/my/{key}/manifest.webmanifest", f"/my/{key}/none/"):
            ask(production, path, Referer=f"{production.url}/my/{key}/")
            ask(production, path, method="POST", Origin=production.url)
            ask(production, path, port=production.plain)
        ask(production, "/static/evcnet/driver.css", Referer=f"{production.url}/my/{key}/")
        ask(production, f"/invitation/{key}/")
        ask(production, f"/forgotten/1-{key}/")
    withdraw_links(world.jansen, timezone.now())
    assert ask(production, f"/my/{token}/").status == 410
    logs = {path.name: path.read_text() for path in (*folder.glob("*.log"), *(folder / "var").glob("*.log"))}
    assert {name for name in logs if "/my/" in logs[name]} == {"access.log", "evcnet-web.log"}
    for name, text in logs.items():
        assert token not in text and SECRET not in text, name


def test_a_drivers_browser_passes_its_link_on_to_nobody_and_its_buttons_work(world, production, context):
    make_social(world)
    visser = make.CustomerFactory(user_group=world.north, number="1003", name="Visser")
    make.ChargeCardFactory(customer=visser, uid="04DD1003")
    connect(world.market)
    start(world.market, world.jansens_card)
    say(world.market, "charging")
    _, token = make_link(visser, None, timezone.now())
    page, referrers = context.new_page(), []
    page.on("request", lambda request: referrers.append(request.all_headers().get("referer", "")))
    page.goto(f"{production.url}/my/{token}/")
    page.fill("#q", "station")
    page.press("#q", "Enter")
    page.click("button[value=join]")
    page.wait_for_selector("[role=status]")
    assert QueueEntry.objects.get().customer == visser
    assert f"{production.url}/" in referrers
    assert not [each for each in referrers if token in each]


def test_while_the_portal_is_down_the_proxy_says_so_on_a_page_that_leads_back(tmp_path):
    port, plain, inside = free_ports(3)
    at = SimpleNamespace(port=port)
    with nginx(tmp_path, {"443": port, "80": plain, "127.0.0.1:8000": inside}):
        until(lambda: listens(port))
        told = ask(at, "/customers/customer/add/", method="POST", body="name=Smit")
    assert (told.status, told.headers["Cache-Control"]) == (502, "no-store")
    assert told.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "The portal gives no answer" in told.text and "it is not saved" in told.text


def _counts_an_attempt_for_the_address_of_the_client(world, production, login_page) -> None:
    cookie = login_page.headers["Set-Cookie"].split(";")[0]
    token = cookie.partition("=")[2]
    refused = ask(
        production,
        "/login/",
        method="POST",
        body=f"csrfmiddlewaretoken={token}&login={world.anna.email}&password=wrong",
        Cookie=cookie,
        Origin=production.url,
        Content_Type="application/x-www-form-urlencoded",
        X_Forwarded_For="6.6.6.6",
    )
    assert refused.status == 200
    assert AuditEntry.objects.order_by("pk").last().address == ELSEWHERE
