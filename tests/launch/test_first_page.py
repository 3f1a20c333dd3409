"""A portal that was just installed and migrated: its first page, and what it prints on an old terminal."""

from evcnet.assets import Assets


def test_before_collectstatic_files_have_the_names_that_they_have_in_the_source(tmp_path):
    assert Assets(location=tmp_path, base_url="/static/").url("evcnet/portal.css") == "/static/evcnet/portal.css"


def test_after_collectstatic_names_follow_from_the_content(tmp_path):
    (tmp_path / "staticfiles.json").write_text(
        '{"version": "1.1", "hash": "", "paths": {"evcnet/portal.css": "evcnet/portal.0123456789ab.css"}}'
    )
    storage = Assets(location=tmp_path, base_url="/static/")
    assert storage.url("evcnet/portal.css") == "/static/evcnet/portal.0123456789ab.css"


def test_what_is_printed_does_not_hang_on_the_letters_of_the_terminal(var, python):
    named = f"{var}-”"
    out, err = python("manage.py", "database", "status", EVCNET_VAR=named, PYTHONIOENCODING="latin-1").communicate()
    assert named in out
    assert "Traceback" not in err


def test_a_command_before_the_first_migration_says_what_to_do(cluster, python):
    told = python("manage.py", "explain", "--card", "04AA11", "--charge-point", "NLGRGE0001")
    out, err = told.communicate(timeout=60)
    assert (told.returncode, "run manage.py migrate first" in err) == (1, True)
    assert "Traceback" not in out + err


def test_a_database_that_cannot_be_reached_is_named_without_a_traceback(python):
    told = python(
        "manage.py", "explain", "--card", "x", "--charge-point", "y", DATABASE_URL="postgres://x@127.0.0.1:1/x"
    )
    out, err = told.communicate(timeout=60)
    assert (told.returncode, "The database cannot be used" in err, "127.0.0.1" in err) == (1, True, True)
    assert "Traceback" not in out + err
