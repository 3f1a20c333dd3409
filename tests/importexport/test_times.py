"""Times without an offset: the same moment each time, also in the hour that the clock repeats or leaves out."""

import pytest

from chargegroups.models import CustomerException, Terms
from customers.models import ChargeCard
from tariffs.models import TariffVersion
from tests import factories as make

pytestmark = pytest.mark.django_db
TWICE, NEVER = "2025-10-26T02:30", "2025-03-30T02:30"
ROWS = {
    "charge_cards": ("uid,customer,valid_from", "NEW1,1001,{}", ChargeCard),
    "exceptions": ("charge_group,customer,valid_until", "CG-LEUSDEN,1002,{}", CustomerException),
    "tariffs": ("code,name,valid_from,flat_fee", "NIGHT,Night,{},1", TariffVersion),
    "charge_groups": ("user_group,code,name,type,tariff,valid_from", "NORTH,NEW,New,other,CHEAP,{}", Terms),
}


@pytest.mark.parametrize("time", [TWICE, NEVER])
@pytest.mark.parametrize("kind", ROWS)
def test_the_same_file_again_is_unchanged(world, take, kind, time):
    header, row, model = ROWS[kind]
    assert take(kind, header, row.format(time)).counts == (1, 0, 0, 0)
    rows = model.objects.count()
    assert take(kind, header, row.format(time)).counts == (0, 0, 1, 0)
    assert model.objects.count() == rows


def test_a_window_within_the_repeated_hour_is_no_inverted_one(world, take):
    header, window = "uid,valid_from,valid_until", "NEW1,2025-10-26T02:45,2025-10-26T02:15+01:00"
    assert take("charge_cards", header, window).counts == (1, 0, 0, 0)


def test_a_window_that_the_clock_left_out_is_an_inverted_one(world, take):
    make.ChargeCardFactory(customer=world.jansen, uid="OLD1")
    answer = take("charge_cards", "uid,valid_from,valid_until", "OLD1,2025-03-30T02:30,2025-03-30T03:15")
    assert (answer.status, answer.errors) == (1, [(2, "valid_until")])
    assert ChargeCard.objects.get(uid="OLD1").valid_from is None
