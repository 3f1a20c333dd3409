"""Files and erased customers: what is exported comes in unchanged, what is from before is refused row by row."""

import pytest

from customers.models import ChargeCard, Customer
from customers.privacy.erase import erase
from tests.importexport.files import export_csv
from tests.sessions import record as charge

pytestmark = pytest.mark.django_db


@pytest.fixture
def erased(world):
    charge(world, "S1")
    erase(world.jansen)
    return world


def test_a_file_from_before_does_not_bring_the_person_back(erased, take):
    answer = take("customers", "user_group,number,name,status", 'NORTH,1001,"Jansen, T.",active')
    assert (answer.status, answer.errors) == (1, [(2, "number")])
    assert "was erased and stays so" in answer.messages
    assert Customer.objects.get(number="1001").name == "Erased customer"


def test_nor_does_a_file_of_cards(erased, take):
    answer = take("charge_cards", "uid,customer", "04AA11,1001")
    assert (answer.status, answer.errors) == (1, [(2, "customer")])
    assert not ChargeCard.objects.filter(uid="04AA11").exists()


@pytest.mark.parametrize("kind", ["customers", "charge_cards", "sessions"])
def test_what_is_exported_afterwards_comes_in_unchanged_and_names_nobody(erased, take, kind):
    file, _ = export_csv(kind, provider="GRG")
    assert "Jansen" not in file
    assert "04AA11" not in file
    answer = take(kind, file.encode())
    new, updated, unchanged, invalid = answer.counts
    assert (new, updated, invalid) == (0, 0, 0)
    assert unchanged > 0
