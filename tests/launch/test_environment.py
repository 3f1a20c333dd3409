"""Database and secret, as they follow from the environment."""

import re
import secrets
import stat
import threading

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured

from evcnet import database
from evcnet.secret import secret_key
from evcnet.var_dir import PROJECT


@pytest.fixture
def env(var, monkeypatch):
    monkeypatch.setenv("EVCNET_VAR", str(var))
    for name in ("DATABASE_URL", "SECRET_KEY", "EVCNET_MODE"):
        monkeypatch.delenv(name, raising=False)
    return environ.Env()


@pytest.mark.parametrize("url", [None, ""])
def test_without_a_database_url_the_private_one_is_used(env, monkeypatch, url):
    if url is not None:
        monkeypatch.setenv("DATABASE_URL", url)
    assert database.is_private(database.settings(env))


def test_a_database_url_replaces_the_private_one_with_connections_that_last(env, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://ann:secret@db.example:5433/portal")
    named = database.settings(env)
    assert not database.is_private(named)
    assert (named["HOST"], named["PORT"], named["NAME"]) == ("db.example", 5433, "portal")
    assert named["CONN_MAX_AGE"] is None and named["CONN_HEALTH_CHECKS"]


def test_a_pool_in_the_url_is_a_pool_and_not_a_word(env, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres:////run/postgresql/portal?pool=true")
    named = database.settings(env)
    assert named["OPTIONS"]["pool"] is True
    assert named["CONN_MAX_AGE"] == 0


@pytest.mark.parametrize(("value", "threshold"), [(None, 5), ("true", 5), ("false", None)])
def test_behind_a_pooler_nothing_is_prepared_and_no_cursor_is_kept_on_the_server(env, monkeypatch, value, threshold):
    monkeypatch.setenv("DATABASE_URL", "postgres://ann:secret@db.example:6432/portal")
    if value is not None:
        monkeypatch.setenv("PREPARED_STATEMENTS", value)
    named = database.settings(env)
    assert named["OPTIONS"]["prepare_threshold"] == threshold
    assert named["DISABLE_SERVER_SIDE_CURSORS"] is (threshold is None)


def test_without_a_replica_there_is_one_database_and_with_one_two_of_the_same_kind(env, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://ann:secret@db.example:6432/portal")
    assert list(database.all_settings(env)) == ["default"]
    monkeypatch.setenv("REPLICA_URL", "postgres://ann:secret@other.example/portal")
    named = database.all_settings(env)["replica"]
    assert named["HOST"] == "other.example" and named["OPTIONS"]["prepare_threshold"] == 5
    monkeypatch.setenv("REPLICA_URL", "sqlite:///portal.db")
    with pytest.raises(ImproperlyConfigured, match="REPLICA_URL"):
        database.all_settings(env)


PRODUCTION = {
    "EVCNET_MODE": "production",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "ALLOWED_HOSTS": "portal.example.org",
    "DATABASE_URL": "postgres://ann:secret@db.example/portal",
}
WITHOUT_DEVTOOLS = (
    "import sys; sys.modules['devtools'] = None; import django; django.setup();"
    "from django.conf import settings; from django.urls import get_resolver; get_resolver().url_patterns;"
    "print('devtools' in settings.INSTALLED_APPS, settings.DATABASES['default']['HOST'])"
)


def test_production_works_without_the_folder_of_the_development_tools(python):
    out, err = python("-c", WITHOUT_DEVTOOLS, **PRODUCTION).communicate(timeout=60)
    assert out == "False db.example\n", err


def test_without_development_tools_a_database_must_be_named(python):
    out, err = python("-c", WITHOUT_DEVTOOLS, **PRODUCTION | {"DATABASE_URL": ""}).communicate(timeout=60)
    assert out == "" and "DATABASE_URL must name a PostgreSQL database" in err


def test_a_database_that_is_not_postgresql_is_refused(env, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "sqlite:///portal.db")
    with pytest.raises(ImproperlyConfigured, match="PostgreSQL"):
        database.settings(env)


def test_a_secret_is_made_once_and_only_its_owner_reads_it(env, var):
    made = []
    starters = [threading.Thread(target=lambda: made.append(secret_key(env))) for _ in range(8)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    assert len(made) == 8 and len(set(made)) == 1
    assert stat.S_IMODE((var / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in var.iterdir()] == ["secret_key"]


def test_the_secret_of_the_environment_is_used_as_it_is(env, var, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "from outside")
    assert secret_key(env) == "from outside"
    assert not var.exists()


def test_production_makes_no_secret_up(env, var, monkeypatch):
    monkeypatch.setenv("EVCNET_MODE", "production")
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY"):
        secret_key(env)
    assert not var.exists()


# The example of an .env file


READ = re.compile(r"""(?:env(?:\.\w+)?\(|environ(?:\.get\(|\[))\s*["']([A-Z][A-Z_]+)["']""")
NOT_OURS = {"DJANGO_SETTINGS_MODULE", "GUNICORN_CMD_ARGS"}


def test_every_setting_is_in_the_example():
    rooms = (
        "evcnet",
        "customers",
        "tariffs",
        "chargegroups",
        "chargepoints",
        "changes",
        "roaming",
        "gateway",
        "devtools",
        "deploy",
    )
    sources = [path.read_text() for room in rooms for path in (PROJECT / room).rglob("*.py")]
    read = {name for source in sources for name in READ.findall(source)} - NOT_OURS
    listed = set(re.findall(r"^#?([A-Z_]+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE))
    assert {"DATABASE_URL", "SECRET_KEY", "PORT"} <= read
    assert read - listed == set()
