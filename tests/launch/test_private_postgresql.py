"""The private PostgreSQL, and what is promised of it."""

import os
import shutil
import signal
import time

import psycopg
import pytest

from devtools.postgresql import location
from devtools.postgresql.cluster import Cluster
from devtools.postgresql.errors import NotAvailable
from tests.launch.conftest import running_in

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it under another account")
ENSURE_UP = (
    "import sys; from pathlib import Path; from devtools.postgresql.cluster import Cluster;"
    "c = Cluster(Path(sys.argv[1]), durable=False); c.ensure_up(); print(c.pid())"
)
ASK = (
    "import django; django.setup(); from django.db import connection;"
    "ask = lambda: connection.cursor().execute('SELECT 1').fetchone()[0];"
)


def ask(cluster: Cluster, question: str):
    with psycopg.connect(**cluster.connection_options()) as connection:
        return connection.execute(question).fetchone()[0]


def servers(cluster: Cluster) -> list[str]:
    return [line for line in running_in(cluster.var).values() if f"postgres -D {cluster.data}" in line]


def test_of_several_that_start_it_at_once_one_does_and_all_use_it(cluster, python):
    starters = [python("-c", ENSURE_UP, str(cluster.var)) for _ in range(4)]
    answers = [starter.communicate() for starter in starters]
    assert {out.strip() for out, _ in answers} == {str(cluster.pid())}
    assert sum("Started" in err for _, err in answers) == 1
    assert len(servers(cluster)) == 1


def test_it_speaks_to_a_socket_only_and_knows_letters_and_extensions(cluster):
    cluster.ensure_up()
    assert ask(cluster, "SHOW listen_addresses") == ""
    assert ask(cluster, "SELECT lower('ÉÖ')") == "éö"
    needed = "SELECT count(*) FROM pg_available_extensions WHERE name IN ('pg_trgm', 'btree_gist')"
    assert ask(cluster, needed) == 2


def test_data_survives_stop_and_start(cluster):
    cluster.ensure_up()
    with psycopg.connect(**cluster.connection_options()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS seven")
    assert cluster.stop()
    assert servers(cluster) == []
    cluster.ensure_up()
    assert ask(cluster, "SELECT seven FROM kept") == 7


def test_to_stop_what_is_not_up_is_no_error(cluster):
    assert not cluster.stop()


def test_a_command_starts_it_leaves_it_running_and_says_so_on_standard_error_only(var, cluster, python):
    # communicate() returns once nobody holds the pipes any more: the server does not.
    out, err = python("-c", f"{ASK} print(ask())").communicate(timeout=60)
    assert out == "1\n"
    assert "Started the private PostgreSQL" in err
    assert cluster.is_up()


def test_a_long_lived_process_outlives_a_stop_and_a_kill(var, cluster, python):
    stop = f"cluster = Cluster(Path({str(var)!r})); ask(); cluster.stop(); print(ask());"
    # Its children live a moment longer than a killed server: wait until ours has hung up.
    kill = "os.kill(cluster.pid(), signal.SIGKILL); select.select([connection.connection], [], [], 60);"
    script = f"import os, select, signal; from pathlib import Path; from devtools.postgresql.cluster import Cluster; {ASK} {stop} {kill} print(ask())"
    out, err = python("-c", script).communicate(timeout=60)
    assert out == "1\n1\n", err
    assert cluster.is_up()


def test_the_traces_of_a_killed_server_do_not_hinder_the_next(cluster):
    cluster.ensure_up()
    os.kill(cluster.pid(), signal.SIGKILL)
    while cluster.pid():
        time.sleep(0.01)
    assert (cluster.data / "postmaster.pid").exists()
    cluster.ensure_up()
    assert ask(cluster, "SELECT 1") == 1


def test_a_program_that_got_the_number_of_a_killed_server_is_left_alone(cluster, python):
    cluster.ensure_up()
    noted = (cluster.data / "postmaster.pid").read_text()
    lock = cluster.socket_folder / f"{location.SOCKET_NAME}.lock"
    server = str(cluster.pid())
    cluster.stop()
    other = cluster.account.run(["/bin/sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $!"]).stdout.strip()
    for trace in (cluster.data / "postmaster.pid", lock):
        trace.write_text(noted.replace(server, other, 1))
    try:
        cluster.ensure_up()
        assert ask(cluster, "SELECT 1") == 1
        os.kill(int(other), 0)
    finally:
        os.kill(int(other), signal.SIGKILL)


@pytest.mark.parametrize("name", ["x" * 120, 'it\'s, "odd" $HOME näme'])
def test_a_folder_whose_path_no_socket_can_have_gets_its_socket_elsewhere(var, name):
    cluster = Cluster(var / name, durable=False)
    try:
        cluster.ensure_up()
        assert ask(cluster, "SELECT 1") == 1
        assert cluster.home.is_relative_to(var)
        assert not cluster.socket_folder.is_relative_to(var)
    finally:
        cluster.remove()
    assert not cluster.socket_folder.exists()


@root_only
def test_a_folder_that_its_account_cannot_enter_says_where_the_database_lies(var, cluster):
    var.mkdir(mode=0o700)
    cluster.ensure_up()
    assert ask(cluster, "SELECT 1") == 1
    assert not cluster.home.is_relative_to(var)
    assert str(cluster.home) in (var / location.NOTE).read_text()


@root_only
def test_a_copied_folder_does_not_share_the_database_that_lies_elsewhere(var, cluster):
    var.mkdir(mode=0o700)
    cluster.ensure_up()
    copy = var.with_name("copy")
    shutil.copytree(var, copy)
    with pytest.raises(NotAvailable, match=f"copied from {var}.*Remove {copy / location.NOTE}"):
        Cluster(copy).ensure_up()
    shutil.rmtree(var)
    assert Cluster(copy).is_up(), "a folder that was moved keeps its database"
    Cluster(copy).remove()


def test_a_database_of_another_major_version_is_left_alone_with_both_versions_and_the_way_out(cluster):
    cluster.ensure_up()
    made_by = cluster.version
    cluster.stop()
    (cluster.data / "PG_VERSION").write_text("14\n")
    with pytest.raises(NotAvailable, match=rf"made by PostgreSQL 14, and this machine has .*{made_by} .*DATABASE_URL"):
        cluster.ensure_up()
    assert servers(cluster) == []


def test_without_any_postgresql_the_message_says_how_to_get_one(cluster, monkeypatch):
    monkeypatch.setenv("EVCNET_POSTGRES_BIN", "/nowhere")
    with pytest.raises(NotAvailable, match="apt-get install postgresql.*requirements-postgres.lock.*DATABASE_URL"):
        cluster.ensure_up()
    assert not cluster.data.exists()


def test_a_command_without_any_postgresql_prints_the_message_and_no_traceback(cluster, python):
    out, err = python("manage.py", "migrate", EVCNET_POSTGRES_BIN="/nowhere").communicate(timeout=60)
    assert "No PostgreSQL of version 15 or later was found" in err
    assert "Traceback" not in out + err


def test_a_server_that_refuses_to_start_is_quoted(cluster):
    cluster.ensure_up()
    cluster.stop()
    with (cluster.data / "postgresql.auto.conf").open("a") as configuration:
        configuration.write("no_such_setting = 1\n")
    with pytest.raises(NotAvailable, match="no_such_setting"):
        cluster.ensure_up()


def test_the_command_tells_where_everything_is_and_stops_it(var, cluster, python):
    out, err = python("manage.py", "database", "start").communicate(timeout=60)
    assert str(cluster.home) in out and str(cluster.log) in out and str(cluster.socket_folder) in out, err
    out, err = python("manage.py", "database", "stop").communicate(timeout=60)
    assert (out, err.strip()) == ("", "Stopped.")
    assert servers(cluster) == []
