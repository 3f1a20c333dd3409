"""manage.py decide_many: verdicts of a file's rows, the same that ``explain`` gives to each."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from chargepoints.models import DecisionEntry
from customers.models import Provider
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def decide_many(tmp_path):
    """The rows of the answer to this text of a file."""

    def decide_many(text: str | bytes, **options):
        file = tmp_path / "asked.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        out, err = io.StringIO(), io.StringIO()
        call_command("decide_many", file, stdout=out, stderr=err, **options)
        return list(csv.DictReader(io.StringIO(out.getvalue())))

    return decide_many


def explained(card, point, at):
    out = io.StringIO()
    call_command("explain", card=card, charge_point=point, at=at, json=True, stdout=out)
    return json.loads(out.getvalue())


def test_each_row_gets_the_verdict_that_explain_gives(world, decide_many):
    make.CustomerExceptionFactory(charge_group=world.leusden, customer=world.jansen, access="denied")
    now = timezone.now()
    moments = [(now + timedelta(days=days)).isoformat() for days in (-400, -1, 400)]
    asked = [
        (card, point, at)
        for card in ("04:aa:11", "04BB22", "04CC33", "nobody")
        for point in ("NLGRGE0001", "nl*grg*e0001", "NOBLVE0001", "NOWHERE")
        for at in moments
    ]
    rows = decide_many("card,charge_point,at\n" + "".join(f"{','.join(each)}\n" for each in asked))

    assert len(rows) == len(asked)
    for each, row in zip(asked, rows, strict=True):
        answer = explained(*each)
        assert (row["card"], row["charge_point"]) == each[:2]
        assert (row["verdict"], row["reason"], row["tariff"] or None) == (
            answer["verdict"],
            answer["reason"],
            answer["tariff"],
        ), each


def test_without_a_moment_it_is_about_now(world, decide_many):
    [row] = decide_many("charge_point;card\nNLGRGE0001;04AA11\n")
    assert (row["verdict"], row["reason"], row["tariff"]) == ("ALLOWED", "own_user_group", "STANDARD")


def test_a_time_without_an_offset_is_that_of_the_points_provider(world, decide_many):
    Provider.objects.filter(pk=world.bluevolt.pk).update(time_zone="America/New_York")
    text = "card,charge_point,at\n04CC33,NOBLVE0001,2030-01-01T12:00\n04AA11,NLGRGE0001,2030-01-01T12:00\n"
    assert [row["at"][-6:] for row in decide_many(text)] == ["-05:00", "+01:00"]
    assert [row["at"][-6:] for row in decide_many(text, provider="GRG")] == ["+01:00", "+01:00"]


def test_to_a_provider_the_points_of_another_look_like_none(world, decide_many):
    missing, foreign, own = decide_many(
        "card,charge_point\n04CC33,NOWHERE\n04CC33,NOBLVE0001\n04CC33,NLGRGE0001\n", provider="GRG"
    )
    assert foreign["reason"] == missing["reason"] == "charge_point_unknown"
    assert foreign["verdict"] == missing["verdict"] == "NOT_ALLOWED"
    assert own["reason"] == "no_access"


def test_many_rows_cost_two_statements_a_thousand(world, decide_many, django_assert_num_queries):
    with django_assert_num_queries(2):
        assert len(decide_many("card,charge_point\n" + "04AA11,NLGRGE0001\n" * 1_000)) == 1_000


def test_nothing_is_kept(world, decide_many):
    before = DecisionEntry.objects.count()
    decide_many("card,charge_point\n04AA11,NLGRGE0001\n")
    assert DecisionEntry.objects.count() == before


def test_a_cell_that_a_spreadsheet_would_run_is_escaped(world, decide_many):
    [row] = decide_many("card,charge_point\n@SUM(A1),NLGRGE0001\n")
    assert (row["card"], row["reason"]) == ("'@SUM(A1)", "card_unknown")


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("card,charge_point,at\n04AA11,NLGRGE0001,soon\n", "row 2, at"),
        ("card,charge_point\n04AA11,NLGRGE0001\n,NLGRGE0001\n", "row 3, card"),
        ("card,charge_point\n04AA11\n", "row 2: 1 cells"),
        ("card,charge_point,at\n04AA11,NLGRGE0001,2027-03-28T02:30\n", "does not exist there"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_decided(world, tmp_path, text, row):
    file, out, err = tmp_path / "asked.csv", io.StringIO(), io.StringIO()
    file.write_text(text)
    with pytest.raises(CommandError) as refused:
        call_command("decide_many", file, stdout=out, stderr=err)
    assert refused.value.returncode == 1
    assert row in err.getvalue()
    assert not out.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"uid,point\n1,2\n",
        b"card,charge_point,kwh\n1,2,3\n",
        b"card,card\n1,2\n",
        b"\xff\xfec\x00",
        b"card,at\n1,2\n",
    ],
)
def test_a_file_that_has_not_the_columns_is_refused(world, decide_many, text):
    with pytest.raises(CommandError) as refused:
        decide_many(text)
    assert refused.value.returncode == 2


def test_a_missing_file_and_an_unknown_provider_are_refused(world, decide_many, tmp_path):
    for call in (
        lambda: call_command("decide_many", tmp_path / "none.csv"),
        lambda: decide_many("card,charge_point\n1,2\n", provider="XYZ"),
    ):
        with pytest.raises(CommandError) as refused:
            call()
        assert refused.value.returncode == 2
