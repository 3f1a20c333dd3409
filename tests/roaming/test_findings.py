"""Uids for which two partners vouch are told to staff, with how to mend it."""

import pytest
from django.utils import timezone

from evcnet.together import read
from roaming.findings import token_findings
from roaming.models import Agreement
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def shared(roaming):
    for partner in (roaming.chargeall, roaming.wattfinder):
        make.PartnerTokenFactory(partner=partner, uid="04FEED01")
        make.PartnerTokenFactory(partner=partner)
    return roaming


def told(login):
    return read(token_findings(login, timezone.now()))


def test_a_uid_of_two_partners_is_a_finding_that_names_both(shared, signed_in):
    [finding] = told(shared.anna)
    assert (finding.code, finding.subject, finding.warning, finding.many) == (
        "card_ambiguous",
        shared.chargeall,
        True,
        1,
    )
    assert "It and Wattfinder vouch for the uid 04FEED01" in finding.why
    page = signed_in(shared.anna).get("/findings/").content.decode()
    assert "Card of two roaming partners" in page
    assert "withdraw its token" in page


def test_many_uids_of_the_same_two_are_one_finding(shared):
    for number in range(3):
        for partner in (shared.chargeall, shared.wattfinder):
            make.PartnerTokenFactory(partner=partner, uid=f"04FEED1{number}")
    [finding] = told(shared.anna)
    assert finding.many == 4


def test_what_nobody_would_refuse_for_it_is_no_finding(shared):
    """A card of the platform wins; one token of an app beside the card of the same partner; another provider's partner."""
    make.ChargeCardFactory(customer=shared.jansen, uid="04feed01")
    make.PartnerTokenFactory(partner=shared.chargeall, uid="04FEED09")
    make.PartnerTokenFactory(partner=shared.chargeall, uid="04FEED09", type="APP_USER")
    make.PartnerTokenFactory(partner=make.PartnerFactory(provider=shared.bluevolt), uid="04FEED09")
    assert told(shared.anna) == []


def test_without_an_agreement_of_both_there_is_nothing_to_mend(shared):
    Agreement.objects.filter(partner=shared.wattfinder).update(valid_until=timezone.now())
    assert told(shared.anna) == []


def test_who_sees_no_partners_is_told_nothing(shared):
    assert told(shared.carla) == told(shared.hugo) == told(shared.otto) == []
    assert len(told(shared.rita)) == 1
