"""Lines of the templates: 120 characters at most, but where a break would put a space into what people read."""

from tests.structure.source import ROOT

WIDEST = 120
LONGER = {
    "accounts/own.html": 3,
    "accounts/page.html": 1,
    "accounts/stale_form.html": 1,
    "accounts/too_many_requests.html": 1,
    "admin/index.html": 5,
    "changes/affected_table.html": 2,
    "changes/cancel.html": 2,
    "changes/change.html": 4,
    "changes/draft_closed.html": 1,
    "changes/draft_head.html": 2,
    "changes/exceptions.html": 1,
    "changes/letter.html": 1,
    "changes/preview.html": 2,
    "changes/replay.html": 3,
    "changes/sentences.html": 1,
    "changes/stale_lines.html": 1,
    "changes/timeline.html": 4,
    "changes/who_is_told.html": 1,
    "chargegroups/access.html": 2,
    "chargegroups/access_at.html": 2,
    "chargegroups/audience_table.html": 2,
    "chargegroups/charge_points.html": 1,
    "chargegroups/customers.html": 3,
    "chargegroups/exception.html": 2,
    "chargepoints/decision.html": 2,
    "chargepoints/findings.html": 4,
    "chargepoints/latest_decisions.html": 1,
    "chargepoints/location.html": 4,
    "chargepoints/may_charge.html": 1,
    "chargepoints/point.html": 1,
    "chargepoints/price_page.html": 1,
    "chargepoints/price_sheet.html": 2,
    "chargepoints/price_sheet_tab.html": 1,
    "chargepoints/session.html": 7,
    "chargepoints/unknown_cards.html": 1,
    "customers/card.html": 1,
    "customers/customer.html": 2,
    "customers/first_login.html": 1,
    "customers/login.html": 1,
    "customers/notice_page.html": 1,
    "customers/provider.html": 1,
    "customers/user_group.html": 2,
    "evcnet/buttons.html": 1,
    "evcnet/entries.html": 1,
    "evcnet/field.html": 1,
    "evcnet/overview.html": 3,
    "evcnet/overview_head.html": 3,
    "evcnet/tabs.html": 1,
    "importexport/changes.html": 1,
    "importexport/import.html": 1,
    "importexport/rows.html": 1,
    "mfa/authenticate.html": 1,
    "mfa/webauthn/add_form.html": 1,
    "mfa/webauthn/authenticator_list.html": 2,
    "mfa/webauthn/reauthenticate.html": 1,
    "tariffs/calculator.html": 1,
    "tariffs/price_table_row.html": 2,
    "tariffs/prices.html": 4,
    "tariffs/tariff_summary.html": 1,
    "tariffs/uses.html": 1,
    "usersessions/usersession_list.html": 1,
}
"""How many lines of a template are longer: a link, a badge or a word that stands close to what follows it."""


def test_no_line_of_a_template_is_longer_than_it_must_be():
    folder = ROOT / "templates"
    counts = {
        str(path.relative_to(folder)): sum(len(line) > WIDEST for line in path.read_text().splitlines())
        for path in sorted(folder.rglob("*.html"))
        if "unfold" not in path.parts  # copies of the package's own
    }
    assert {name: count for name, count in counts.items() if count} == LONGER
