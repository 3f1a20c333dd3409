"""The census of ways: everything that can move access or a price is enumerated, and says what is shown before it does.

Nobody keeps these lists complete by memory: pages, actions, files, commands, addresses and jobs are read from where the
portal registers them, and writers from the source. What is new fails here until somebody says what it is. That each way
records what it says is tried in tests/queries/test_ways.py.
"""

import ast
from collections.abc import Iterator

from django.contrib import admin
from django.core.management import get_commands
from procrastinate.contrib.django import app

from evcnet.importexport.registry import RESOURCES
from tests.structure.source import ROOMS, modules
from tests.tenancy.pages import patterns

PREVIEW = "shows the preview and records to whom"
STATUS = "says what it means, asks for a reason, and records who decided (docs/terms.md, Changes of status)"
FACT = "sets facts of a person or device, no terms: the row's history records who, and by which way"
FILE = "records: not shown: file; on a page, shown to the login"
FEED = "records: not shown: feed"
COMMAND = "records: not shown: command"
ERASURE = "says what goes, and records: not shown: erasure"
NEW = "arises whole, and moves nobody: a charge group without charge points, a tariff that nothing uses"
AGREEMENT = "opens groups that are accessible for roaming to a partner's customers, or closes them; none of them is ours to count"
NOTHING = "moves neither access nor price"

WAYS = {
    "form of changes.Change": NOTHING,
    "form of changes.Draft": PREVIEW,
    "form of chargegroups.ChargeGroup": f"{PREVIEW}; {NEW}",
    "form of chargepoints.ChargePoint": f"{PREVIEW}; its status: {STATUS}",
    "form of chargepoints.Connector": NOTHING,
    "form of chargepoints.DecisionEntry": NOTHING,
    "form of chargepoints.Location": f"published: {STATUS}",
    "form of chargepoints.Session": NOTHING,
    "form of customers.ApiKey": NOTHING,
    "form of customers.AuditEntry": NOTHING,
    "form of customers.ChargeCard": f"status: {STATUS}; customer, roaming, validity: {FACT}",
    "form of customers.Customer": f"user group: {PREVIEW}; status: {STATUS}; payment: {FACT}",
    "form of customers.Job": NOTHING,
    "form of customers.LetterSettings": NOTHING,
    "form of customers.Membership": NOTHING,
    "form of customers.Notice": NOTHING,
    "form of customers.Provider": NOTHING,
    "form of customers.StaffAlert": NOTHING,
    "form of customers.StaffMember": NOTHING,
    "form of customers.UserGroup": NOTHING,
    "form of gateway.UnknownDevice": NOTHING,
    "form of roaming.Agreement": AGREEMENT,
    "form of roaming.Partner": NOTHING,
    "form of roaming.PartnerMessage": NOTHING,
    "form of roaming.PartnerToken": NOTHING,
    "form of tariffs.Tariff": NEW,
    "form of tariffs.TariffOffer": NOTHING,
    "changes.Change affected": NOTHING,
    "changes.Change cancel": PREVIEW,
    "changes.Change undo": PREVIEW,
    "chargegroups.ChargeGroup access": NOTHING,
    "chargegroups.ChargeGroup close": PREVIEW,
    "chargegroups.ChargeGroup customers": PREVIEW,
    "chargegroups.ChargeGroup exceptions": PREVIEW,
    "chargegroups.ChargeGroup points": PREVIEW,
    "chargegroups.ChargeGroup points/detach": PREVIEW,
    "chargegroups.ChargeGroup roaming": NOTHING,
    "chargegroups.ChargeGroup social": NOTHING,
    "chargegroups.ChargeGroup terms": PREVIEW,
    "chargegroups.ChargeGroup terms-of-many": PREVIEW,
    "chargegroups.ChargeGroup then": NOTHING,
    "chargepoints.ChargePoint activate": STATUS,
    "chargepoints.ChargePoint attach": PREVIEW,
    "chargepoints.ChargePoint connection": NOTHING,
    "chargepoints.ChargePoint deactivate": STATUS,
    "chargepoints.ChargePoint detach": PREVIEW,
    "chargepoints.ChargePoint free-for-owner": PREVIEW,
    "chargepoints.ChargePoint move": PREVIEW,
    "chargepoints.ChargePoint queue": NOTHING,
    "chargepoints.ChargePoint regroup": PREVIEW,
    "chargepoints.Location publish": STATUS,
    "chargepoints.Location unpublish": STATUS,
    "chargepoints.Session correct": NOTHING,
    "customers.ApiKey activate": NOTHING,
    "customers.ApiKey deactivate": NOTHING,
    "customers.ChargeCard block": STATUS,
    "customers.ChargeCard unblock": STATUS,
    "customers.Customer approve": STATUS,
    "customers.Customer block": STATUS,
    "customers.Customer deactivate": STATUS,
    "customers.Customer disclose": NOTHING,
    "customers.Customer driver": NOTHING,
    "chargegroups.ChargeGroup prices": NOTHING,
    "chargegroups.ChargeGroup prices/sheet": NOTHING,
    "chargepoints.ChargePoint prices": NOTHING,
    "chargepoints.ChargePoint prices/sheet": NOTHING,
    "customers.Customer erase": ERASURE,
    "customers.Customer exception": NOTHING,
    "customers.Customer move": PREVIEW,
    "customers.Customer regroup": PREVIEW,
    "customers.Customer reject": STATUS,
    "customers.Customer unblock": STATUS,
    "customers.Job again": NOTHING,
    "customers.Job cancel": NOTHING,
    "customers.Job confirm": FILE,
    "customers.Job errors": NOTHING,
    "customers.Job file": NOTHING,
    "customers.Job retry": FILE,
    "customers.Job state": NOTHING,
    "customers.Notice mail-again": NOTHING,
    "customers.Notice resume-mailing": NOTHING,
    "customers.StaffAlert open": NOTHING,
    "customers.StaffAlert read": NOTHING,
    "roaming.Partner connection": NOTHING,
    "roaming.Partner groups": NOTHING,
    "tariffs.Tariff calculator": NOTHING,
    "tariffs.Tariff prices": NOTHING,
    "tariffs.Tariff prices/add": f"{PREVIEW}; {NEW}",
    "tariffs.Tariff prices/edit": f"{PREVIEW}; {NEW}",
    "tariffs.Tariff simple": f"{PREVIEW}; {NEW}",
    "tariffs.Tariff uses": NOTHING,
    "tariffs.Tariff version": NOTHING,
}
"""Forms, pages of a row and actions of each admin."""
FILES = {
    "providers": NOTHING,
    "user_groups": NOTHING,
    "locations": FACT,
    "tariffs": f"{FILE}; {NEW}",
    "charge_groups": NEW,
    "charge_points": f"its group: {FILE}; its status: {FACT}",
    "customers": f"user group: {FILE}; status, payment: {FACT}",
    "charge_cards": FACT,
    "customers_with_cards": f"user group: {FILE}; status, payment, cards: {FACT}",
    "exceptions": FILE,
    "sessions": NOTHING,
}
COMMANDS = {
    "decide_many": NOTHING,
    "change_terms": COMMAND,
    "import_csv": f"as its kind of file: {FILE}",
    "import_ocpi": FEED,
    "charge_point_password": NOTHING,
    "database": NOTHING,
    "demo": NEW,
    "explain": NOTHING,
    "export_csv": NOTHING,
    "export_ocpi": NOTHING,
    "gateway": NOTHING,
    "partner": AGREEMENT,
    "portal": NOTHING,
    "preview_terms": NOTHING,
    "price": NOTHING,
    "recount": NOTHING,
    "replay": NOTHING,
    "roles_table": NOTHING,
    "simulate_points": NOTHING,
    "worker": NOTHING,
}
ADDRESSES = {"api/v1/authorize": NOTHING, "api/v1/authorize/batch": NOTHING}
"""The API."""
JOBS = {
    "advance_queues": NOTHING,
    "close_connections_of_lost_gateways": NOTHING,
    "discard_old_drafts": NOTHING,
    "end_lost_transactions": NOTHING,
    "fold_counts": NOTHING,
    "keep_days_of_messages": NOTHING,
    "keep_days_of_partner_messages": NOTHING,
    "pull_tokens_of_all_partners": NOTHING,
    "pull_tokens_of_partner": "tokens of a partner, whose customers are not ours to count",
    "push_changes_of_all_partners": NOTHING,
    "push_changes_of_partner": NOTHING,
    "push_statuses_of_partner": NOTHING,
    "tell_result_of_command": NOTHING,
    "keep_months_of_decisions": NOTHING,
    "mail_alert": NOTHING,
    "mail_alert_digests": NOTHING,
    "mail_announcement": NOTHING,
    "mail_driver": NOTHING,
    "mail_waiting_drivers": NOTHING,
    "mail_way_back": NOTHING,
    "remind_of_scheduled_changes": NOTHING,
    "remove_old_alerts": NOTHING,
    "remove_old_jobs": NOTHING,
    "run_job": FILE,
    "remove_old_attempts": NOTHING,
    "remove_old_uploads": NOTHING,
    "resume_mailings": NOTHING,
}
GUARDED = {
    "allow_terms_write",
    "record_change",
    "apply_change",
    "apply_now",
    "FileChanges",
    "cancel_change",
    "cancel_version",
    "create_group",
    "save_exception",
    "put_exceptions",
    "put_exceptions_from",
    "add_versions",
    "replace_version",
    "remove_version",
    "remove_tariff",
    "detach",
    "reopen",
}
"""Functions that write terms, versions and exceptions, which the database takes from nothing else, or move charge points."""
WRITERS = {
    "changes.admin.add_wizard": "apply_now",
    "changes.admin.cancel_change": "cancel_change",
    "changes.admin.wizard": "apply_change",
    "changes.apply": "allow_terms_write cancel_version record_change remove_version",
    "changes.cancel": "allow_terms_write cancel_change remove_version",
    "changes.drafts": "apply_change",
    "changes.file_changes": "record_change",
    "changes.management.commands.change_terms": "apply_change",
    "changes.proposals.exceptions": "put_exceptions",
    "changes.proposals.new_rows": "create_group",
    "changes.proposals.points": "detach reopen",
    "changes.proposals.versions": "add_versions",
    "changes.receivers": "apply_now",
    "changes.resources": "FileChanges",
    "chargegroups.admin.add_group": "create_group",  # without charge points
    "chargegroups.admin.exceptions": "apply_change",
    "chargegroups.resources.exceptions": "put_exceptions put_exceptions_from",
    "chargegroups.resources.groups": "create_group",
    "chargegroups.writes": "allow_terms_write",
    "chargepoints.close_group": "allow_terms_write detach",
    "chargepoints.management.commands.import_ocpi": "FileChanges",
    "devtools.demo.exceptions": "save_exception",
    "devtools.demo.letters": "cancel_change",
    "devtools.demo.scheduled": "apply_change",
    "devtools.demo.terms": "create_group",
    "tariffs.admin.new_version": "remove_version",  # of a tariff that nothing uses
    "tariffs.admin.price_editor": "replace_version",  # of a tariff that nothing uses
    "tariffs.admin.tariffs": "remove_tariff",
    "tariffs.ocpi.import_tariffs": "FileChanges add_versions cancel_version",
    "tariffs.ocpi.remove_missing": "add_versions cancel_version",
    "tariffs.resources": "cancel_version replace_version",
    "tariffs.writes": "allow_terms_write",
}
"""Who calls them."""
COLUMNS = {
    "charge_group",
    "charge_group_id",
    "status",
    "user_group",
    "user_group_id",
    "payment",
    "roaming",
    "published",
}
"""Columns that the access rules read, beside those of terms, versions and exceptions."""
UPDATES = {
    "changes.proposals.customers": {"user_group"},
    "changes.proposals.points": {"status"},
    "chargepoints.ocpi.remove_missing": {"status"},  # a feed that takes points out of service: the history says it
    "socialcharging.queues": {"charge_group"},  # where an entry of a queue stands
}
"""Who updates them by a statement of its own."""


def registered() -> Iterator[str]:
    for model, page in admin.site._registry.items():
        yield f"form of {model._meta.label}"
        yield from (f"form of {inline.model._meta.label}" for inline in page.inlines)
        actions = (*getattr(page, "bulk_actions", ()), *getattr(page, "object_actions", ()))
        yield from (
            f"{model._meta.label} {name}" for name in [each.name for each in actions] + list(page.object_views())
        )


def test_every_form_page_and_action_says_what_it_shows_before_it_moves_anything():
    assert set(registered()) == set(WAYS)


def test_every_kind_of_file_says_it():
    assert set(RESOURCES) == set(FILES)


def test_every_command_says_it():
    assert {name for name, owner in get_commands().items() if owner in ROOMS} == set(COMMANDS)


def test_every_address_of_the_api_says_it():
    assert {name for _, name in patterns() if name.startswith("api/")} == set(ADDRESSES)


def test_every_job_says_it():
    ours = {name for name, task in app.tasks.items() if task.func.__module__.partition(".")[0] in ROOMS}
    assert ours <= set(JOBS)


def test_nothing_else_calls_what_writes_terms_or_moves_points():
    calls = {module.name: " ".join(sorted(module.calls() & GUARDED)) for module in modules()}
    assert {name: called for name, called in calls.items() if called} == WRITERS


def test_nothing_else_updates_what_access_depends_on():
    updates: dict[str, set[str]] = {}
    for module in modules():
        calls = [node for node in ast.walk(module.tree) if isinstance(node, ast.Call)]
        for call in (each for each in calls if isinstance(each.func, ast.Attribute) and each.func.attr == "update"):
            if columns := {keyword.arg for keyword in call.keywords if keyword.arg} & COLUMNS:
                updates.setdefault(module.name, set()).update(columns)
    assert updates == UPDATES
