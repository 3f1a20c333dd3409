"""The endpoints are as their description says: tried from outside, nothing fails and every answer is one that is described."""

from __future__ import annotations

import base64
import json
import socket

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from rest_framework.serializers import Serializer
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from roaming.ocpi.openapi import describe
from roaming.ocpi.serializers import LocationSerializer, TariffSerializer
from tests import factories as make

pytestmark = pytest.mark.django_db
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def nowhere(monkeypatch):
    """No name has an address, so that nobody outside is called."""

    def lookup(*args, **options):
        raise socket.gaierror("no address")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


@pytest.fixture
def one_transaction():
    """Requests by WSGI close no connection: the test's own is the one."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("nowhere", "one_transaction")
def test_every_answer_is_as_described_and_none_a_failure(roaming_world):
    make.PartnerTokenFactory(partner=roaming_world.partner, uid="04DE01")
    headers = {"Authorization": "Token " + base64.b64encode(roaming_world.emp.token.encode()).decode()}
    application = get_wsgi_application()
    schema = schemathesis.openapi.from_wsgi("/ocpi/openapi.json", application, headers=headers)
    operations = [each.ok() for each in schema.get_all_operations()]
    assert len(operations) >= 15

    for operation in operations:

        @EXAMPLES
        @given(case=operation.as_strategy())
        def ask(case):
            with transaction.atomic():
                case.call_and_validate(headers=headers, checks=CHECKS)
                transaction.set_rollback(True)

        ask()


def unnamed(serializer: Serializer, value: object) -> set[str]:
    """Names of the value, at whatever depth, that the serializer does not describe."""
    fields = serializer.child.fields if hasattr(serializer, "child") else serializer.fields
    rows = value if isinstance(value, list) else [value]
    missing = {name for row in rows for name in row if name not in fields}
    for name, field in fields.items():
        if hasattr(field, "fields") or isinstance(getattr(field, "child", None), Serializer):
            missing |= {each for row in rows if name in row for each in unnamed(field, row[name])}
    return missing


def test_what_is_served_has_no_name_that_is_not_described(roaming_world):
    for version in ("2.2.1", "2.3.0"):
        locations = roaming_world.emp.get(f"/ocpi/{version}/locations").data
        tariffs = roaming_world.emp.get(f"/ocpi/{version}/tariffs").data
        assert unnamed(LocationSerializer(many=True), locations) == set() and locations
        assert unnamed(TariffSerializer(many=True), tariffs) == set() and tariffs


def test_the_description_is_json_and_names_every_module(roaming_world):
    paths = json.loads(json.dumps(describe()))["paths"]
    modules = {path.split("/")[3] for path in paths if path.startswith("/ocpi/{version}/")}
    assert modules == {"cdrs", "commands", "credentials", "locations", "sessions", "tariffs", "tokens"}
