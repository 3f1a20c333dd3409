"""An e-MSP that the project did not write registers, and takes all published locations and tariffs of the demo."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import venv
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from customers.models import Provider
from roaming.models import Partner, PartnerConnection
from roaming.ocpi.partner_view import PartnerView
from roaming.ocpi.push import push_changes
from roaming.partners import add_partner
from tests.roaming.ocpi.conftest import OcpiClient

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PACKAGES = ("extrawest-ocpi==2025.7.16", "uvicorn", "httpx<0.28")


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> Path:
    """That of an environment with the package, whose pydantic is older than ours."""
    folder = tmp_path_factory.mktemp("peer")
    venv.create(folder, with_pip=True)
    program = folder / "bin" / "python"
    installed = subprocess.run(
        [program, "-m", "pip", "install", "-q", *PACKAGES], check=False, capture_output=True, text=True, timeout=600
    )
    if installed.returncode:
        pytest.skip(f"extrawest-ocpi can't be installed: {installed.stderr[-200:]}")
    return program


@pytest.fixture
def peer(python, tmp_path, settings):
    """The address of its versions, and what it has taken so far."""
    settings.OCPI_ALLOW_PRIVATE = True
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    store = tmp_path / "store.json"
    process = subprocess.Popen([python, Path(__file__).with_name("emsp.py"), str(port), str(store)], stderr=sys.stderr)
    try:
        for _ in range(600):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/ocpi/versions", lambda: json.loads(store.read_text())
    finally:
        process.terminate()
        process.wait()


def pulled(token: str, module: str) -> list[dict]:
    """All that its token opens of a list, page after page."""
    objects, path = [], f"/ocpi/2.2.1/{module}?limit=40"
    while path:
        page = OcpiClient(token).get(path)
        objects += page.data
        path = page.headers.get("Link", "")[1:].partition(">")[0].removeprefix("http://testserver")
    return objects


def test_it_registers_pulls_and_is_sent_all_that_is_published(python, peer, tmp_path, monkeypatch):
    url, taken = peer
    monkeypatch.setenv("EVCNET_VAR", str(tmp_path))
    call_command("demo")
    provider = Provider.objects.get(code="greengrid")
    partner = Partner(provider=provider, country_code="NL", party_id="NEW", name="Newcomer")
    token = add_partner(partner, timezone.now())
    roles = [{"role": "EMSP", "country_code": "NL", "party_id": "NEW", "business_details": {"name": "Newcomer"}}]
    credentials = {"token": "token-B-of-the-newcomer", "url": url, "roles": roles}
    answer = OcpiClient(token).ask("POST", "/ocpi/2.2.1/credentials", credentials)
    assert answer.status_code == 1000, answer.status_message

    counts = push_changes(PartnerConnection.objects.select_related("partner__provider").get(partner=partner))
    view = PartnerView(partner, "2.2.1")
    locations = view.write_locations(list(view.locations()))
    tariffs = view.export_tariffs().objects
    assert len(locations) >= 100 and tariffs
    assert counts == {"sent": len(locations) + len(tariffs)}
    assert {each["id"].upper() for each in locations} == set(taken()["locations"])
    assert {each["id"].upper() for each in tariffs} == set(taken()["tariffs"])
    evses = sum(len(each["evses"]) for each in locations)
    assert evses == sum(len(each["evses"]) for each in taken()["locations"].values())

    pages = tmp_path / "pulled.json"
    pages.write_text(json.dumps({each: pulled(answer.data["token"], each) for each in ("locations", "tariffs")}))
    read = subprocess.run(
        [python, Path(__file__).with_name("reading.py"), pages], check=True, stdout=subprocess.PIPE, text=True
    )
    assert json.loads(read.stdout.splitlines()[-1]) == {"locations": len(locations), "tariffs": len(tariffs)}
