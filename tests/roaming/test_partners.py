"""Partners, agreements and tokens: what the database keeps apart, whatever writes to it."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from evcnet.datetimes import database_clock
from evcnet.history import event_model
from roaming.models import Agreement, Partner, PartnerToken
from tariffs import writes as tariff_writes
from tariffs.models import TariffElement
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def chargeall(world):
    """ChargeAll is a partner of GreenGrid, with an agreement since long ago."""
    return make.PartnerFactory(provider=world.greengrid, country_code="DE", party_id="CHA", name="ChargeAll")


def refused(name, write):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        write()
        connection.check_constraints()
    return True


def test_two_providers_each_have_their_own_row_of_one_partner(world, chargeall):
    theirs = make.PartnerFactory(provider=world.bluevolt, country_code="DE", party_id="CHA", name="ChargeAll GmbH")
    assert list(Partner.objects.visible_to(world.anna)) == [chargeall]
    assert list(Partner.objects.visible_to(world.otto)) == [theirs]
    assert chargeall.code == theirs.code == "DE-CHA"


def test_a_partner_has_one_row_with_its_provider(world, chargeall):
    again = {"provider": world.greengrid, "country_code": "DE", "party_id": "CHA"}
    assert refused("partner_party_once", lambda: make.PartnerFactory(**again))
    assert Partner.objects.count() == 1


def test_agreements_and_tokens_stay_within_the_provider(world, chargeall):
    other = make.PartnerFactory(provider=world.bluevolt, agreed=False)
    wrong = {
        "agreement_partner_of_same_provider": lambda: Agreement.objects.filter(partner=chargeall).update(partner=other),
        "agreement_tariff_of_same_provider": lambda: Agreement.objects.update(tariff=world.foreign),
        "partner_token_partner_of_same_provider": lambda: make.PartnerTokenFactory(
            partner=other, provider=world.greengrid
        ),
    }
    for name, write in wrong.items():
        assert refused(name, write)
    assert not PartnerToken.objects.exists()
    assert Agreement.objects.get(partner=chargeall).tariff is None


def test_a_partner_has_one_agreement_at_a_time(world, chargeall):
    now = database_clock()
    assert refused("agreement_one_at_a_time", lambda: make.AgreementFactory(partner=chargeall, valid_from=now))
    Agreement.objects.filter(partner=chargeall).update(valid_until=now)
    later = make.AgreementFactory(partner=chargeall, valid_from=now, tariff=world.cheap)
    assert list(chargeall.agreements.in_force(now)) == [later]
    assert later not in chargeall.agreements.in_force(now - timedelta(seconds=1))


def test_an_agreement_that_overlaps_another_says_what_to_do(world, chargeall):
    with pytest.raises(ValidationError, match="end that one first"):
        Agreement(provider=world.greengrid, partner=chargeall, valid_from=database_clock()).full_clean()


def test_an_agreement_does_not_end_before_it_begins(chargeall):
    ended = {"valid_until": make.LONG_AGO - timedelta(days=1)}
    assert refused("agreement", lambda: Agreement.objects.filter(partner=chargeall).update(**ended))


def test_an_agreement_names_no_tariff_that_is_a_user_groups_own(world, chargeall):
    owned = make.TariffFactory(provider=world.greengrid, user_group=world.north)
    agreement = Agreement.objects.get(partner=chargeall)
    agreement.tariff = owned
    with pytest.raises(ValidationError, match="a user group's own"):
        agreement.full_clean()


def test_the_past_of_a_tariff_is_not_rewritten_once_an_agreement_names_it(world, chargeall):
    tariff = make.TariffFactory(provider=world.greengrid)
    Agreement.objects.filter(partner=chargeall).update(tariff=tariff)
    past = database_clock() - timedelta(days=1)
    assert refused(
        "The past is not rewritten",
        lambda: tariff_writes.add_version(tariff, [TariffElement(energy_price=1)], valid_from=past),
    )
    assert tariff.versions.count() == 1


def test_one_uid_is_one_token_of_a_partner_however_it_is_spelled(chargeall):
    make.PartnerTokenFactory(partner=chargeall, uid="04:AA:11:22")
    assert refused("partner_token_once", lambda: make.PartnerTokenFactory(partner=chargeall, uid="04aa1122"))
    make.PartnerTokenFactory(partner=chargeall, uid="04aa1122", type="APP_USER")
    make.PartnerTokenFactory(partner=make.PartnerFactory(provider=chargeall.provider), uid="04AA1122")
    assert PartnerToken.objects.count() == 3


def test_a_token_that_is_sent_again_as_it_was_leaves_no_mark_in_the_history(chargeall):
    token = make.PartnerTokenFactory(partner=chargeall)
    PartnerToken.objects.filter(pk=token.pk).update(last_updated=database_clock())
    assert event_model(PartnerToken).objects.filter(pgh_obj=token).count() == 1
    PartnerToken.objects.filter(pk=token.pk).update(valid=False)
    assert event_model(PartnerToken).objects.filter(pgh_obj=token).count() == 2
