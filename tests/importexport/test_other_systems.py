"""Sessions of another system: they come in by the documented conversion. Rows as those of Dundee and Trondheim are."""

import json
import subprocess
import sys
from decimal import Decimal

import pytest
from django.conf import settings

from chargepoints.models import Rating, Session
from chargepoints.replay import replay, sessions_at
from tests import factories as make
from tests.importexport.files import import_csv

pytestmark = pytest.mark.django_db

DUNDEE = """\
Charging event,User ID,CP ID,Connector,Start Date,Start Time,End Date,End Time,Total kWh,Cost,Site,Group,Model,,,
1,600001,50914,1,06/09/2018,23:55,07/09/2018,07:03,22.287,0,"Hub, Dundee",City,22kW,,,
2,600002H,50349,2,06/09/2018,23:38,,,7.08,0,"Car Park, Dundee",City,Rapid,,,
3,600001,50349,2,06/09/2018,23:36,06/09/2018,23:56,-8.22,0,"Car Park, Dundee",City,Rapid,,,
4,,50349,2,05/09/2018,10:00,05/09/2018,10:30,12.5,0,"Car Park, Dundee",City,Rapid,,,
"""
TRONDHEIM = """\
session_ID;Garage_ID;User_ID;User_type;Shared_ID;Start_plugin;Start_plugin_hour;End_plugout;End_plugout_hour;El_kWh
1;AdO3;AdO3-4;Private;NA;21.12.2018 10:20;10;21.12.2018 10:23;10;0,3
2;Bl2;Bl2-2;Shared;Shared-7;09.01.2019 22:35;22;09.01.2019 23:10;23;1,85
3;AdO3;AdO3-4;Private;NA;28.10.2018 02:30;2;28.10.2018 08:00;8;10
4;AdO3;AdO3-4;Private;NA;31.03.2019 02:30;2;31.03.2019 08:00;8;10
5;AdO3;AdO3-4;Private;NA;01.04.2019 10:00;10;NA;NA;4
"""


@pytest.fixture
def open_data(world):
    group = make.UserGroupFactory(provider=world.greengrid, code="OPEN-DATA")
    begin = make.LONG_AGO.replace(year=2010)
    old = make.TariffFactory(provider=world.greengrid, code="OLD", per_kwh="0.35", valid_from=begin)
    terms = {"tariff": old, "own_user_group": True, "valid_from": begin}
    world.open_data = make.ChargeGroupFactory(user_group=group, code="OPEN-DATA", terms=terms)
    return world


def convert(source, text, folder, *options):
    (folder / "source.csv").write_text(text, encoding="utf-8")
    script = settings.BASE_DIR / "examples" / "convert_sessions.py"
    command = [sys.executable, script, source, folder / "source.csv", folder / "out", *options]
    subprocess.run(list(map(str, command)), check=True)


def take(folder, kind, **options):
    return import_csv(kind, (folder / "out" / f"{kind}.csv").read_bytes(), folder, provider="GRG", **options)


def surroundings(folder):
    for kind in ("customers", "charge_cards", "locations", "charge_points"):
        assert take(folder, kind).status == 0


@pytest.mark.parametrize(
    ("source", "text", "refused", "codes"),
    [
        ("dundee", DUNDEE, [(3, "ended_at"), (4, "kwh")], ["1", "4"]),
        ("trondheim", TRONDHEIM, [(5, "started_at"), (6, "ended_at")], ["1", "2", "3"]),
    ],
)
def test_what_is_wrong_with_each_refused_row_is_told_and_the_rest_is_rated(
    open_data, tmp_path, source, text, refused, codes
):
    convert(source, text, tmp_path)
    surroundings(tmp_path)
    answer = take(tmp_path, "sessions", dry_run=True)
    assert answer.errors == refused
    (tmp_path / "refused.json").write_text(json.dumps(answer.said))
    convert(source, text, tmp_path, "--refused", tmp_path / "refused.json")
    assert take(tmp_path, "sessions").status == 0
    assert list(Session.objects.order_by("code").values_list("code", flat=True)) == codes
    assert Rating.objects.count() == Session.objects.exclude(card_uid="").count() > 0


def test_a_replay_sums_up_to_the_difference_of_the_two_totals(open_data, tmp_path):
    convert("dundee", DUNDEE.replace(",-8.22,", ",8.22,").replace(",,,7.08", ",06/09/2018,23:59,7.08"), tmp_path)
    surroundings(tmp_path)
    assert take(tmp_path, "sessions").status == 0
    done = replay(sessions_at(open_data.open_data), open_data.cheap.versions.get())
    assert done.total.before == sum(rating.incl_vat for rating in Rating.objects.all()) == Decimal("13.16")
    assert done.total.difference == sum(done.total.by_customer.values())
