"""The pages of the portal, what each shows, and which permission it asks. A page that is missing here fails the census."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.urls import get_resolver

PUBLIC = {"healthz", "readyz", "driver", "driver_manifest", "price_page"}
OCPI = {
    "ocpi:openapi",
    "ocpi:versions",
    "ocpi:details",
    "ocpi:credentials",
    "ocpi:locations",
    "ocpi:location",
    "ocpi:evse",
    "ocpi:connector",
    "ocpi:tariffs",
    "ocpi:sessions",
    "ocpi:cdrs",
    "ocpi:commands",
    "ocpi:command",
    "ocpi:tokens",
    "ocpi:token",
    "ocpi:nothing",
    "ocpi:slash",
}
"""For partners, who are no logins: by their token, each for what one provider opens to them (tests/roaming)."""
API = {"api/v1/authorize", "api/v1/authorize/batch", *OCPI}
SIGN_IN = {
    "front",
    "account_login",
    "invitation",
    "account_logout",
    "account_signup",
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_reauthenticate",
    "account_change_password",
    "mfa_login_webauthn",
    "mfa_authenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_edit_webauthn",
    "mfa_remove_webauthn",
    "sign_in_go_on",
    "session_state",
    "usersessions_list",
    "account_alerts",
    "admin:login",
    "admin:logout",
    "admin:password_change",
    "admin:password_change_done",
}
FRAME = {
    "admin:index",
    "admin:app_list",
    "admin:search",
    "admin:autocomplete",
    "admin:jsi18n",
    "admin:undo_status",
    "admin:findings",
    "admin:may_charge",
    "admin:may_charge_suggest",
    "admin:point_map",
}
"""For everybody who has signed in; what they show is scoped, or nothing."""
REDIRECTS = {"admin:None"}
"""The address of a row without a page, and the address that nothing else answers: they look up nothing."""

CHANGE_GROUP = ("chargegroups.change_chargegroup", "chargepoints.change_chargepoint")
LISTS = {
    "changelist": "view",
    "add": "add",
    "import": "add|change",
    "process_import": "add|change",
    "import_columns": "add|change",
    "import_template": "add|change",
    "export": "view",
} | {"unknown_cards": "view", "read_all": "view", "replay": "chargepoints.add_rating", "recount": "recount"}
ROWS = {
    "change": ("view", "change"),
    "history": ("view", "view"),
    "delete": ("delete", "delete"),
}
"""Pages that every model has: the action that GET and POST ask for."""
OWN = {
    "customers_staffmember_password": ("change", "change"),
    "customers_provider_first-login": ("invite", "invite"),
    "customers_staffmember_invite": ("nobody", "change"),
    "customers_staffmember_second-factor": ("nobody", "change"),
    "chargegroups_chargegroup_overview": ("view", "view"),
    "chargegroups_chargegroup_points": ("view", CHANGE_GROUP),
    "chargegroups_chargegroup_points_detach": (CHANGE_GROUP, CHANGE_GROUP),
    "chargegroups_chargegroup_access": ("view", "view"),
    "chargegroups_chargegroup_then": ("view", "view"),
    "chargegroups_chargegroup_terms": ("chargegroups.add_terms", "chargegroups.add_terms"),
    "chargegroups_chargegroup_roaming": ("view", "view"),
    "chargegroups_chargegroup_social": ("view", "view"),
    "chargegroups_chargegroup_social_settings": ("nobody", "socialcharging.change_socialsettings"),
    "chargegroups_chargegroup_social_remove": ("nobody", "socialcharging.change_queueentry"),
    "chargegroups_chargegroup_customers": ("view", "view"),
    "chargegroups_chargegroup_exceptions": (
        "chargegroups.change_customerexception",
        "chargegroups.change_customerexception",
    ),
    "chargegroups_chargegroup_close": (CHANGE_GROUP, CHANGE_GROUP),
    "chargegroups_chargegroup_prices": ("chargepoints.view_pricepage", "chargepoints.add_pricepage"),
    "chargegroups_chargegroup_prices_sheet": ("chargepoints.view_pricepage", "chargepoints.view_pricepage"),
    "chargepoints_chargepoint_prices": ("chargepoints.view_pricepage", "chargepoints.add_pricepage"),
    "chargepoints_chargepoint_prices_sheet": ("chargepoints.view_pricepage", "chargepoints.view_pricepage"),
    "chargepoints_chargepoint_overview": ("view", "view"),
    "chargepoints_location_overview": ("view", "view"),
    "tariffs_tariff_overview": ("view", "view"),
    "chargepoints_chargepoint_connection": ("view", "view"),
    "chargepoints_chargepoint_queue": ("view", "view"),
    "chargepoints_chargepoint_queue_remove": ("nobody", "socialcharging.change_queueentry"),
    "chargepoints_chargepoint_connection_password": ("nobody", "gateway.change_device"),
    "chargepoints_chargepoint_connection_command": ("nobody", "gateway.add_devicecommand"),
    "chargepoints_chargepoint_regroup": ("change", "change"),
    "customers_customer_overview": ("view", "view"),
    "customers_chargecard_overview": ("view", "view"),
    "customers_customer_regroup": ("change", "change"),
    "customers_customer_driver": ("socialcharging.view_driverlink", "socialcharging.add_driverlink"),
    "roaming_partner_groups": ("view", "view"),
    "roaming_partner_connection": ("view", "view"),
    "roaming_partner_connection_invite": ("nobody", "roaming.change_partnerconnection"),
    "roaming_partner_connection_connect": ("nobody", "roaming.change_partnerconnection"),
    "roaming_partner_connection_end": ("nobody", "roaming.change_partnerconnection"),
    "tariffs_tariff_calculator": ("view", "view"),
    "tariffs_tariff_prices": ("view", "view"),
    "tariffs_tariff_prices_add": ("change", "change"),
    "tariffs_tariff_prices_edit": ("change", "change"),
    "tariffs_tariff_simple": ("change", "change"),
    "tariffs_tariff_uses": ("view", "view"),
    "tariffs_tariff_version": ("change", "change"),
    "changes_change_undo": ("view", "view"),
    "changes_change_cancel": ("chargegroups.add_terms", "chargegroups.add_terms"),
    "changes_change_affected": ("view", "view"),
    "customers_job_state": ("view", "view"),
    "customers_job_cancel": ("view", "view"),
    "customers_job_confirm": ("view", "view"),
    "customers_job_retry": ("view", "view"),
    "customers_job_again": ("view", "view"),
    "customers_job_errors": ("view", "view"),
    "customers_job_file": ("view", "view"),
    "customers_staffalert_open": ("view", "view"),
    "customers_staffalert_read": ("view", "view"),
}
"""Pages of one model alone."""
POSTED = {
    "customers_notice_change": "view",  # the page of a notice has no form
    "customers_staffalert_change": "view",  # nor has that of an alert
    "customers_job_change": "view",  # nor has that of a job
    "changes_change_change": "view",  # nor has that of a change
    "changes_draft_change": "chargegroups.add_terms",  # the buttons of a draft
    "roaming_partnermessage_change": "view",  # nor that of a message
    "gateway_unknowndevice_change": "view",  # nor that of a device that knocks
    "chargepoints_session_change": "view",  # nor that of a session
    "chargepoints_decisionentry_change": "view",  # nor that of a decision
}
"""What POST asks for where it differs from other models."""
NOWHERE = "nobody"
"""What a page asks for that there is not: an action without a page before it, the history of what never changes, a form for sessions."""
NOBODY = {
    "customers_customer_regroup",
    "customers_auditentry_history",
    "customers_notice_history",
    "customers_staffalert_history",
    "customers_job_add",
    "customers_job_delete",
    "customers_job_history",
    "chargepoints_session_add",
    "gateway_unknowndevice_add",
    "gateway_unknowndevice_delete",
    "gateway_unknowndevice_history",
    "chargepoints_decisionentry_add",
    "chargepoints_decisionentry_history",
    "roaming_partnermessage_add",
    "roaming_partnermessage_delete",
    "roaming_partnermessage_history",
}


@dataclass(frozen=True)
class Page:
    """One pattern of the portal. ``get`` and ``post`` are the permissions, all of them needed; "a|b": one of both."""

    name: str
    model: Any
    of_row: bool
    get: tuple[str, ...]
    post: tuple[str, ...]
    action: str = ""

    @property
    def label(self) -> str:
        return f"{self.name} {self.action}".strip()


def patterns() -> Iterator[tuple[str, str]]:
    """Every URL pattern: (pattern, name with its namespace, or the pattern where it has none)."""
    yield from _walk(get_resolver().url_patterns, "", "")


def _walk(found: Any, prefix: str, space: str) -> Iterator[tuple[str, str]]:
    for each in found:
        pattern = prefix + str(each.pattern)
        if hasattr(each, "url_patterns"):
            yield from _walk(each.url_patterns, pattern, f"{each.namespace}:" if each.namespace else space)
        else:
            yield pattern, f"{space}{each.name}" if each.name or space else pattern


def of_models() -> dict[str, Any]:
    """The registered admin of each prefix of page names, such as customers_customer."""
    return {f"{model._meta.app_label}_{model._meta.model_name}": page for model, page in admin.site._registry.items()}


def pages() -> list[Page]:
    """The pages of models, an action each a page."""
    admins = of_models()
    found = []
    for _, name in patterns():
        short = name.removeprefix("admin:")
        owner = next((each for each in admins if short.startswith(f"{each}_")), None)
        if owner is not None:
            found += list(_of(short, owner, admins[owner]))
    return found


def _of(name: str, owner: str, model_admin: Any) -> Iterator[Page]:
    model, view = model_admin.model, name.removeprefix(f"{owner}_")
    if view == "action":
        for action in (*model_admin.bulk_actions, *model_admin.object_actions):
            asked = _permissions(model, action.permission)
            yield Page(name, model, True, asked if action.has_page else (NOWHERE,), asked, action.name)
    elif name in OWN or view in ROWS:
        get, post = (NOWHERE, NOWHERE) if name in NOBODY else OWN.get(name) or ROWS[view]
        yield Page(name, model, True, _permissions(model, get), _permissions(model, POSTED.get(name, post)))
    elif view in LISTS:
        kinds = [model, *_kinds(model_admin)] if "import" in view or view == "export" else [model]
        asked = (
            (NOWHERE,)
            if name in NOBODY
            else ("|".join(each for kind in kinds for each in _permissions(kind, LISTS[view])),)
        )
        yield Page(name, model, False, asked, asked)


def _kinds(model_admin: Any) -> list[Any]:
    return [each._meta.model for each in model_admin.resource_classes]


def _permissions(model: Any, asked: str | tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(asked, tuple):
        return asked
    if "." in asked or asked == NOWHERE:
        return (asked,)
    meta = model._meta
    return ("|".join(f"{meta.app_label}.{action}_{meta.model_name}" for action in asked.split("|")),)
