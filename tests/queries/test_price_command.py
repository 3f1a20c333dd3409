"""manage.py price: what a session costs, or one line that says what is wrong and exit status 2."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests import factories as make
from tests.rules.pricing_world import charging, element, parking, session, tariff
from tests.tables import for_each

PRICES = tariff(
    element(("FLAT", "0.50", 1, 20)), element(("ENERGY", "0.25", 1, 10)), element(("PARKING_TIME", "2.00", 900, 20))
)
CHARGED = session(charging(120, "20"), parking(40))


@pytest.fixture
def files(tmp_path: Path):
    """Writes an object (or a text) to a file and gives its name."""

    def write(name: str, content: object) -> str:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    return write


def price(*options: str) -> str:
    out = StringIO()
    call_command("price", *options, stdout=out)
    return out.getvalue()


def refused(*options: str) -> str:
    with pytest.raises(CommandError) as refusal:
        price(*options)
    assert refusal.value.returncode == 2
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def test_a_tariff_file_prices_a_session_file(files) -> None:
    told = json.loads(price("--tariff", files("t.json", PRICES), "--session", files("s.json", CHARGED), "--json"))

    assert {name: told[name] for name in ("currency", "excl_vat", "incl_vat")} == {
        "currency": "EUR",
        "excl_vat": "7.00",
        "incl_vat": "7.90",
    }
    assert told["lines"][2] == {
        "dimension": "PARKING_TIME",
        "element": 2,
        "quantity": "0.7500000000",
        "unit": "h",
        "price": "2.0000000000",
        "vat": "20",
        "excl_vat": "1.5000000000",
        "incl_vat": "1.8000000000",
    }


def test_without_json_the_lines_are_a_table(files) -> None:
    told = price("--tariff", files("t.json", PRICES), "--session", files("s.json", CHARGED))

    assert told.splitlines()[-1] == "7.00 EUR excl. VAT, 7.90 EUR incl. VAT"
    assert len(told.splitlines()) == 5


def test_numbers_of_the_file_are_taken_to_the_last_digit(files) -> None:
    text = json.dumps(tariff(element(("ENERGY", 0.1)))).replace("0.1", "0.1000")
    told = json.loads(price("--tariff", files("t.json", text), "--session", files("s.json", CHARGED), "--json"))

    assert told["excl_vat"] == "2.00"


def test_a_restriction_that_no_session_meets_is_told_beside_the_price(files, capsys) -> None:
    prices = tariff(*[element(("FLAT", "9"), max_kwh=0)] * 5, element(("FLAT", "1")))
    err = StringIO()
    call_command(
        "price", tariff=files("t.json", prices), session=files("s.json", CHARGED), stdout=StringIO(), stderr=err
    )

    assert err.getvalue().splitlines()[0].startswith("elements[0]: No session meets it")
    assert err.getvalue().splitlines()[-1] == "And 2 more like it."


@for_each(
    ("name", "content", "words"),
    [
        ("t.json", {"currency": "EU", "elements": []}, "The tariff makes no sense: currency: 'EU' is not a currency"),
        ("t.json", "{", "t.json: is not JSON"),
        ("t.json", '{"currency": "EUR", "currency": "CHF"}', "says 'currency' twice"),
        ("t.json", '{"currency": NaN}', "NaN is no number"),
        ("t.json", "[" * 100_000, "is nested too deeply"),
        ("t.json", "[" + "9" * 5000 + "]", "holds a number that is too long"),
        ("s.json", session(), "The session makes no sense: periods: is empty"),
        ("s.json", session(charging(60, "-1")), "periods[0].kwh: -1 kWh is negative"),
        ("s.json", "x", "s.json: is not JSON"),
    ],
)
def test_what_makes_no_sense_is_told_in_one_line(files, name: str, content: object, words: str) -> None:
    written = {"t.json": files("t.json", PRICES), "s.json": files("s.json", CHARGED)} | {name: files(name, content)}

    assert words in refused("--tariff", written["t.json"], "--session", written["s.json"])


def test_a_file_that_is_not_there_is_told(files) -> None:
    assert "can't be read" in refused("--tariff", "nowhere.json", "--session", files("s.json", CHARGED))
    assert "can't be read" in refused("--tariff", files("t.json", PRICES), "--session", "nowhere.json")


class TestAStoredTariff:
    def test_prices_by_the_version_in_force_when_the_session_starts(self, world, files) -> None:
        stored = make.TariffFactory(provider=world.greengrid, code="SOLAR", name="Solar", per_kwh="0.40")
        told = price("--tariff", stored.code, "--session", files("s.json", CHARGED), "--provider", "GRG", "--json")

        assert json.loads(told)["excl_vat"] == "8.00"

    def test_is_looked_for_at_the_provider_that_is_named(self, world, files) -> None:
        told = refused("--tariff", "FJORDPRICE", "--session", files("s.json", CHARGED), "--provider", "GRG")

        assert "“FJORDPRICE”" in told

    def test_asks_which_provider_is_meant_where_there_are_several(self, world, files) -> None:
        assert "--provider CODE" in refused("--tariff", "STANDARD", "--session", files("s.json", CHARGED))

    def test_without_a_version_in_force_is_told(self, world, files) -> None:
        early = CHARGED | {"start": "1999-03-02T10:00:00"}

        told = refused("--tariff", "STANDARD", "--session", files("s.json", early), "--provider", "GRG")
        assert "in force at 1999-03-02 09:00 UTC" in told
