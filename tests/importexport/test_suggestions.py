"""Unknown codes: near ones are suggested, of the same provider, and within what the login sees."""

import pytest

from customers.models import Customer
from evcnet.importexport import suggestions
from evcnet.importexport.csv_file import read_csv
from evcnet.importexport.registry import resource_named
from evcnet.importexport.scope import FileScope
from tests import factories as make
from tests.importexport.files import csv_of

pytestmark = pytest.mark.django_db
HEADER = "user_group,number,name"


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("NRTH", " (did you mean NORTH?)"),
        ("north", " (did you mean NORTH?)"),
        ("Soutth", " (did you mean SOUTH?)"),
        ("Waterland region", " (did you mean WTL?)"),
        ("FJORD", " (there are NORTH, SOUTH and WTL)"),
    ],
)
def test_an_unknown_code_gets_near_codes_or_names_or_the_few_that_there_are(world, take, word, hint):
    make.UserGroupFactory(provider=world.greengrid, code="WTL", name="Waterland region")
    answer = take("customers", HEADER, f"{word},1900,Jo")
    assert f"There is no user group “{word}” here{hint}:" in answer.messages
    assert not Customer.objects.filter(number="1900").exists()


@pytest.mark.parametrize(
    ("kind", "header", "row", "near"),
    [
        ("charge_groups", "user_group,code,name,type,tariff", "NORTH,NEW,New,other,STANDRD", "did you mean STANDARD?"),
        ("exceptions", "charge_group,customer", "CG-LEUSDN,1001", "did you mean CG-LEUSDEN?"),
        ("charge_points", "identity,location", "NEW,L0C1", "did you mean LOC1?"),
    ],
)
def test_tariffs_groups_and_locations_are_suggested_too(world, take, kind, header, row, near):
    make.LocationFactory(provider=world.greengrid, code="LOC1")
    answer = take(kind, header, row)
    assert (answer.status, near in answer.messages) == (1, True)


@pytest.mark.parametrize(("login", "hint"), [("carla", " (there is NORTH)"), ("otto", " (there is FJORD)")])
def test_nothing_is_suggested_that_the_login_does_not_see(world, login, hint):
    [provider] = getattr(world, login).providers
    resource = resource_named("customers")(FileScope(getattr(world, login)), provider)
    result = resource.import_data(read_csv(csv_of(HEADER, "SOUTJ,1900,Jo")))
    assert f"“SOUTJ” here{hint}:" in result.errors[0].message
    assert not Customer.objects.filter(number="1900").exists()


def test_a_word_is_looked_up_once_whatever_the_number_of_its_rows(world, take, django_assert_max_num_queries):
    rows = [f"NRTH,{number},Jo" for number in range(2000, 2200)]
    with django_assert_max_num_queries(30):
        assert take("customers", HEADER, *rows).counts == (0, 0, 0, 200)


def test_among_many_codes_the_database_looks_for_near_ones(world, take, monkeypatch):
    monkeypatch.setattr(suggestions, "CODES_MOST", 3)
    for number in range(10):
        make.UserGroupFactory(provider=world.greengrid, code=f"OTHER{number}", name="Other")
    assert "did you mean NORTH?" in take("customers", HEADER, "NORTHH,1900,Jo").messages
