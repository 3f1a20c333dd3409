"""Pages and actions that the box finds: those of the menu, of one's own login, and to add, import and export rows."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.admin import site
from django.urls import reverse
from django.utils.text import capfirst

from evcnet.admin.requests import StaffRequest
from evcnet.search_keys import search_key
from evcnet.site.menu import menu_of
from evcnet.site.search.lines import SearchInput, SearchLine, SearchSection

MOST = 6
OWN = (
    ("Second factor", "mfa_index", "passkey authenticator sign in"),
    ("Password", "account_change_password", "change"),
    ("Where you are signed in", "usersessions_list", "devices sign out"),
    ("Alerts by mail", "account_alerts", "notifications"),
)
"""Pages of one's own login, with other words by which people look for them."""
OTHER_WORDS = {
    "admin:may_charge": "ask may this card charge here authorize explain why refused answer",
    "admin:chargepoints_location_changelist": "streets addresses sites",
    "admin:customers_chargecard_changelist": "charge cards rfid tokens",
    "admin:chargepoints_chargepoint_changelist": "chargers stations evse devices",
    "admin:chargepoints_decisionentry_changelist": "refusals authorizations log",
    "admin:customers_auditentry_changelist": "record audit log history",
    "admin:tariffs_tariff_changelist": "prices price lists",
    "admin:customers_staffmember_changelist": "users colleagues staff",
    "admin:customers_notice_changelist": "letters mails",
    "admin:customers_job_changelist": "imports exports replays recounts running",
    "admin:chargepoints_session_changelist": "transactions cdr charging",
}
ADDED = {"changes_change", "customers_job"}


def page_section(request: StaffRequest, typed: SearchInput) -> Iterator[SearchSection]:
    """Those of which each word begins a word, in the order of the menu."""
    lines = [line for line, others in _lines(request) if _begins(typed, f"{line.title} {others}")]
    if lines:
        yield SearchSection("Pages and actions", sorted(lines, key=lambda line: line.rank(typed.parts))[:MOST])


def _begins(typed: SearchInput, text: str) -> bool:
    words = f" {search_key(text)}"
    return bool(typed.parts) and all(f" {part.strip()}" in words for part in typed.parts)


def _lines(request: StaffRequest) -> Iterator[tuple[SearchLine, str]]:
    for heading, entries in menu_of(request.user):
        for label, name in entries:
            yield SearchLine(label, heading, reverse(name)), OTHER_WORDS.get(name, "")
    yield from _actions(request)
    for label, name, others in OWN:
        yield SearchLine(label, "Your login", reverse(name)), others


def _actions(request: StaffRequest) -> Iterator[tuple[SearchLine, str]]:
    for model, page in site._registry.items():
        meta = model._meta
        names, base = (
            (str(meta.verbose_name), str(meta.verbose_name_plural)),
            f"admin:{meta.app_label}_{meta.model_name}",
        )
        heading = capfirst(names[1])
        if page.has_add_permission(request):
            yield SearchLine(f"Add {names[0]}", heading, reverse(f"{base}_add")), "new create"
        for verb, permitted in (("Import", "has_import_permission"), ("Export", "has_export_permission")):
            if getattr(page, permitted, _no)(request):
                yield SearchLine(f"{verb} {names[1]}", heading, reverse(f"{base}_{verb.lower()}")), "file csv excel"


def _no(request: StaffRequest) -> bool:
    return False
