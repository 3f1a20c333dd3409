"""`import_ocpi tokens`: tokens of one partner from a file, all or nothing, each counted once."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from chargepoints.authorization import authorize
from roaming.models import PartnerToken
from tests import factories as make
from tests.ocpi.conftest import import_ocpi  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db


def token(uid="04FEED01", **fields):
    return {
        "country_code": "DE",
        "party_id": "CHA",
        "uid": uid,
        "type": "RFID",
        "contract_id": "DE-CHA-C0000001",
        "visual_number": "DE CHA 1",
        "issuer": "ChargeAll",
        "group_id": None,
        "valid": True,
        "whitelist": "ALWAYS",
        "language": "de",
        "last_updated": "2026-06-01T00:00:00Z",
    } | fields


@pytest.fixture
def take(roaming, import_ocpi):  # noqa: F811
    return lambda *objects, **options: import_ocpi(
        "tokens", *objects, partner=options.pop("partner", "de-cha"), **options
    )


def counts(report):
    return report.new, report.updated, report.unchanged, report.invalid


def test_tokens_of_a_file_charge_and_the_same_file_again_changes_nothing(roaming, take):
    first = take(token(), token("04FEED02", valid=False, type="APP_USER"))
    assert (first.status, first.kind, first.rows, counts(first), first.written) == (0, "tokens", 2, (2, 0, 0, 0), True)
    assert authorize("04FEED01", roaming.market.identity, timezone.now()).reason == "roaming_partner"
    assert authorize("04FEED02", roaming.market.identity, timezone.now()).reason == "card_not_active"
    before = list(PartnerToken.objects.order_by("pk").values())
    assert counts(take(token(), token("04FEED02", valid=False, type="APP_USER"))) == (0, 0, 2, 0)
    assert list(PartnerToken.objects.order_by("pk").values()) == before


def test_a_newer_object_updates_and_keeps_the_spelling(take):
    take(token("04:fe:ed:01"))
    assert counts(take(token("04FEED01", valid=False, last_updated="2026-06-02T00:00:00Z"))) == (0, 1, 0, 0)
    row = PartnerToken.objects.get()
    assert (row.uid, row.valid) == ("04:fe:ed:01", False)


def test_an_older_object_changes_nothing_and_is_warned_of(take):
    take(token())
    late = take(token(valid=False, last_updated="2026-05-01T00:00:00Z"))
    assert counts(late) == (0, 0, 1, 0)
    assert "newer" in late.warnings[0]["message"]
    assert PartnerToken.objects.get().valid


def test_a_moment_in_the_future_counts_as_now(take):
    report = take(token(last_updated="2999-01-01T00:00:00Z"))
    assert "future" in report.warnings[0]["message"]
    assert PartnerToken.objects.get().last_updated <= timezone.now()
    now = (timezone.now() + timedelta(seconds=1)).isoformat()
    assert counts(take(token(valid=False, last_updated=now))) == (0, 1, 0, 0)


BAD = (
    (token(uid=""), "uid"),
    (token(uid="::"), "uid"),
    (token(uid="0" * 37), "uid"),
    (token(uid="04\u200bFEED"), "uid"),
    (token(type="RFIDD"), "type"),
    (token(whitelist=None), "whitelist"),
    (token(valid="yes"), "valid"),
    (token(valid=None), "valid"),
    (token(issuer=""), "issuer"),
    (token(contract_id=None), "contract_id"),
    (token(last_updated="yesterday"), "last_updated"),
    (token(last_updated=None), "last_updated"),
    (token(party_id="XYZ"), "party_id"),
    ("a text", ""),
)


def test_one_bad_token_and_nothing_is_written_but_every_bad_one_is_told(take):
    report = take(token("04AAAA"), *(each for each, _ in BAD))
    assert (report.status, report.written, report.invalid) == (1, False, len(BAD))
    told = [(error["id"], error["column"]) for error in report.errors]
    assert [column for _, column in told] == [column for _, column in BAD]
    assert not PartnerToken.objects.exists()


def test_the_good_are_written_where_the_bad_may_be_skipped(take):
    report = take(token("04AAAA"), token(valid="yes"), token("04aa:aa"), skip_bad=True)
    assert (report.status, counts(report), report.written) == (0, (1, 0, 0, 2), True)
    assert "earlier in the file" in report.errors[1]["message"]
    assert PartnerToken.objects.get().uid == "04AAAA"


def test_a_dry_run_writes_nothing(take):
    report = take(token(), dry_run=True)
    assert (report.status, counts(report), report.written) == (0, (1, 0, 0, 0), False)
    assert not PartnerToken.objects.exists()


def test_a_uid_of_two_partners_is_warned_of(roaming, take):
    make.PartnerTokenFactory(partner=roaming.wattfinder, uid="04feed01")
    make.PartnerTokenFactory(partner=make.PartnerFactory(provider=roaming.bluevolt, name="Zqfjord"), uid="04feed01")
    [warning] = take(token()).warnings
    assert "Wattfinder vouches for this uid as well" in warning["message"]


def test_a_hub_passes_on_tokens_of_others(roaming, take):
    make.PartnerFactory(provider=roaming.greengrid, country_code="NL", party_id="HUB", role="HUB")
    assert counts(take(token(), partner="NL-HUB")) == (1, 0, 0, 0)


def test_what_is_asked_wrongly_is_said_and_nothing_is_read(roaming, take, tmp_path):
    make.PartnerFactory(provider=roaming.bluevolt, country_code="NO", party_id="FJO")
    for wrong in (
        {"partner": "NO-FJO"},
        {"partner": "DE"},
        {"partner": ""},
        {"complete": True},
        {"charge_group": "CG"},
    ):
        assert take(token(), **wrong).status == 2
    file = tmp_path / "tariffs.json"
    file.write_text(json.dumps([]))
    with pytest.raises(CommandError, match="--partner is for tokens"):
        call_command("import_ocpi", "tariffs", str(file), provider="GRG", partner="DE-CHA")
    old = {"uid": "04FEED01", "type": "RFID", "auth_id": "DE8ACC", "issuer": "ChargeAll", "valid": True}
    assert take(old).status == 2
    assert not PartnerToken.objects.exists()


def test_ten_thousand_tokens_cost_as_many_queries_as_one(take, django_assert_max_num_queries):
    with django_assert_max_num_queries(30):
        assert counts(take(*(token(f"04{number:06X}") for number in range(10_000)))) == (10_000, 0, 0, 0)
