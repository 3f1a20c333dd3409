"""Addresses that are no page of a model: who is answered there, and where they could tell of another tenant's row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.urls import reverse

from chargepoints.models import ChargePoint
from customers.models import ChargeCard, StatusChange
from tests.tenancy.pages import OCPI
from tests.tenancy.world import MISSING, Tenant

NO_CONTEXT = UUID(int=870)
"""Of the history, where no action was made in it."""
ANSWERED: dict[tuple[int, int, int, int], set[str]] = {
    (410, 405, 410, 405): {
        "driver_manifest",
    },
    (200, 200, 200, 200): {
        "account_reset_password",
        "account_reset_password_from_key",
        "healthz",
        "readyz",
    },
    (200, 200, 200, 405): {
        "admin:index",
        "front",
    },
    (200, 200, 302, 403): {
        "account_alerts",
        "account_change_password",
        "account_reauthenticate",
        "admin:app_list",
        "admin:findings",
        "admin:may_charge",
        "admin:may_charge_suggest",
        "admin:password_change",
        "admin:point_map",
        "admin:search",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_generate_recovery_codes",
    },
    (200, 302, 302, 302): {
        "account_logout",
        "admin:logout",
    },
    (200, 302, 302, 403): {
        "usersessions_list",
    },
    (204, 204, 403, 403): {
        "session_state",
    },
    (200, 405, 200, 405): {
        "account_inactive",
        "account_reset_password_done",
        "account_reset_password_from_key_done",
    },
    (200, 405, 302, 403): {
        "admin:jsi18n",
        "admin:password_change_done",
        "mfa_index",
        "mfa_list_webauthn",
    },
    (302, 302, 200, 200): {
        "account_login",
        "account_signup",
        "admin:login",
    },
    (302, 302, 302, 302): {
        "mfa_authenticate",
        "mfa_login_webauthn",
        "sign_in_go_on",
    },
    (302, 302, 302, 403): {
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
    },
    (403, 405, 302, 403): {
        "admin:autocomplete",
    },
    (404, 404, 302, 403): {
        "admin:undo_status",
        "mfa_deactivate_totp",
        "mfa_download_recovery_codes",
        "mfa_edit_webauthn",
        "mfa_remove_webauthn",
    },
    (404, 405, 302, 403): {
        "mfa_view_recovery_codes",
    },
    (404, 405, 404, 405): {
        "price_page",
    },
    (405, 401, 405, 401): {
        "api/v1/authorize",
        "api/v1/authorize/batch",
    },
    (401, 401, 401, 401): {*OCPI},
    (410, 410, 410, 410): {
        "driver",
        "invitation",
    },
}
"""What GET and POST are answered, signed in and signed out. 302: sent home, or to the form to sign in; what was posted
signed out is shown again (403), to be sent once signed in."""
STATUS = {name: statuses for statuses, names in ANSWERED.items() for name in names}

ASKED = {
    "admin:findings": ("chargegroups.view_chargegroup", 403),
    "admin:may_charge": ("chargepoints.view_chargepoint", 403),
    "admin:point_map": ("chargepoints.view_chargepoint", 403),
    "admin:app_list": ("customers.view_provider", 404),
}
"""Pages of the frame that ask for a permission, and what they answer without it."""
ARGS: dict[str, list[Any]] = {
    "admin:undo_status": [NO_CONTEXT],
    "driver": ["nobodys-token"],
    "price_page": ["nobodys-key"],
    "driver_manifest": ["nobodys-token"],
    "invitation": ["nobodys-token"],
    "account_reset_password_from_key": ["zz", "nobodys-key"],
    "mfa_edit_webauthn": [MISSING],
    "mfa_remove_webauthn": [MISSING],
    "admin:app_list": ["customers"],
    "ocpi:details": ["2.2.1"],
    "ocpi:credentials": ["2.2.1"],
    "ocpi:locations": ["2.2.1"],
    "ocpi:location": ["2.2.1", "L1"],
    "ocpi:evse": ["2.2.1", "L1", "E1"],
    "ocpi:connector": ["2.2.1", "L1", "E1", "1"],
    "ocpi:tariffs": ["2.2.1"],
    "ocpi:sessions": ["2.2.1"],
    "ocpi:cdrs": ["2.2.1"],
    "ocpi:commands": ["2.2.1"],
    "ocpi:command": ["2.2.1", "START_SESSION"],
    "ocpi:tokens": ["2.2.1"],
    "ocpi:token": ["2.2.1", "DE", "EMP", "04AA"],
    "ocpi:slash": ["versions"],
    "ocpi:nothing": ["nothing"],
}
BY_PATTERN = {name: f"/{name}" for name in ("healthz", "readyz", "api/v1/authorize", "api/v1/authorize/batch")}


def address_of(name: str) -> str:
    return BY_PATTERN.get(name) or reverse(name, args=ARGS.get(name, []))


@dataclass(frozen=True)
class Try:
    """Words of a tenant sent to an address. ``words`` are those that the answer may repeat."""

    label: str
    method: str
    url: str
    data: dict[str, Any]
    words: tuple[bytes, ...]


def said(tenant: Tenant | None) -> str:
    """What stands in all that a tenant has; a word that nobody has, for None."""
    return "zzznone" if tenant is None else {"north": "zqnorth", "south": "zqsouth", "fjord": "zqfjord"}[tenant.mark]


def tries(tenant: Tenant | None, own: Tenant) -> Iterator[Try]:
    """Each with GET and POST; ``own`` is a tenant within reach, where a question takes two rows."""
    word = said(tenant)
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("search of the frame", "admin:search", {"s": word}),
        ("search with rows", "admin:search", {"s": word, "extended": "1"}),
        ("suggested cards", "admin:may_charge_suggest", {"q": word, "kind": "card"}),
        ("suggested points", "admin:may_charge_suggest", {"q": word, "kind": "point"}),
        ("visual number", "admin:may_charge", {"card": f"{word}-visual", "charge_point": own[ChargePoint].identity}),
        ("customer", "admin:may_charge", {"customer": f"{word}-1001", "charge_point": own[ChargePoint].identity}),
        ("charge point", "admin:may_charge", {"card": own[ChargeCard].uid, "charge_point": f"{word}identity"}),
        ("EVSE id", "admin:may_charge", {"card": own[ChargeCard].uid, "charge_point": f"{word}*E1"}),
        ("findings", "admin:findings", {"kind": word}),
        ("map", "admin:point_map", {"charge_point": MISSING if tenant is None else tenant[ChargePoint].pk}),
        ("sessions of others", "usersessions_list", {"end": word}),
    ]
    for model, field in suggesting():
        names = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field}
        asked.append((f"{model._meta.model_name}.{field}", "admin:autocomplete", names | {"term": word}))
    for label, name, data in asked:
        yield from _both(label, reverse(name), data)
    for name in ("driver", "driver_manifest"):
        yield from _by_key(name, f"{word}-hash")  # as the database has it, which opens nothing
    yield from _by_key("price_page", f"{word}-withdrawn")  # a page that is published is everybody's
    yield from _by_key("admin:undo_status", str(NO_CONTEXT if tenant is None else tenant[StatusChange].context))
    for model in admin.site._registry:
        pk = MISSING if tenant is None else tenant[model].pk
        url = f"/{model._meta.app_label}/{model._meta.model_name}/{pk}/"
        for method in ("GET", "POST"):
            yield Try(f"row of {model._meta.model_name}", method, url, {}, (str(pk).encode(),))


def _by_key(name: str, key: str) -> Iterator[Try]:
    """An address that names a row by something else than its id."""
    for method in ("GET", "POST"):
        yield Try(name, method, reverse(name, args=[key]), {}, (key.encode(),))


def _both(label: str, url: str, data: dict[str, Any]) -> Iterator[Try]:
    words = tuple(str(each).encode() for each in data.values() if len(str(each)) > 1)
    yield Try(label, "GET", f"{url}?{urlencode(data)}", {}, words)
    yield Try(label, "POST", url, data, words)


def suggesting() -> list[tuple[Any, str]]:
    """Every field that points at rows; those that are not chosen by a search are refused."""
    fields = ((model, field) for model in admin.site._registry for field in model._meta.concrete_fields)
    return [(model, field.name) for model, field in fields if field.is_relation]
