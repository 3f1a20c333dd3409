"""A database of an earlier version is recognised: each command says so and what to do, and changes nothing."""

import subprocess
import sys

import psycopg
import pytest
from django.db import connection

from devtools.postgresql.cluster import Cluster
from evcnet import former_database
from evcnet.former_database import FormerDatabase, refuse_former_database
from evcnet.var_dir import PROJECT
from tests.launch.conftest import portal_environment
from tests.launch.test_portal import free_port

ROWS = [("chargegroups", "0001_initial"), ("chargegroups", "0003_one_door")]


@pytest.fixture
def former(cluster) -> Cluster:
    """A private database in which an earlier version has applied its migrations."""
    cluster.ensure_up()
    with psycopg.connect(**cluster.connection_options(), autocommit=True) as made:
        made.execute(
            "CREATE TABLE django_migrations (id serial, app text, name text, applied timestamptz DEFAULT now())"
        )
        for row in ROWS:
            made.execute("INSERT INTO django_migrations (app, name) VALUES (%s, %s)", row)
    return cluster


def tables(cluster: Cluster) -> list[str]:
    with psycopg.connect(**cluster.connection_options()) as asked:
        return [name for (name,) in asked.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]


@pytest.mark.parametrize(
    "command",
    [
        ["migrate"],
        ["demo"],
        ["portal"],
        ["explain", "--card=04A1", "--charge-point=NL-1"],
        ["export_csv", "customers"],
        ["createcachetable"],
    ],
    ids=" ".join,
)
def test_a_command_names_the_folder_to_move_away_and_changes_nothing(former, var, command):
    ended = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=PROJECT,
        check=False,
        env={**portal_environment(var), "PORT": str(free_port())},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode != 0
    assert ended.stderr.count("earlier version of the portal") == 1 and "Traceback" not in ended.stderr
    assert f"mv {var} {var}.old" in ended.stderr
    former.ensure_up()
    assert tables(former) == ["django_migrations"]


class TestInTheDatabaseOfTheTests:
    @pytest.fixture(autouse=True)
    def forgetful(self, monkeypatch, db):
        monkeypatch.setattr(former_database, "_checked", set())

    def test_one_of_today_is_used(self):
        refuse_former_database(connection)
        assert connection.is_usable()

    def test_one_named_by_database_url_is_named_in_turn(self, monkeypatch):
        monkeypatch.setitem(connection.settings_dict, "ENGINE", "django.db.backends.postgresql")
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('chargegroups', '0003_one_door', now())"
            )
        monkeypatch.setattr(connection, "close", lambda: None)
        with pytest.raises(FormerDatabase, match=f"{connection.settings_dict['NAME']} on .* DATABASE_URL"):
            refuse_former_database(connection)
