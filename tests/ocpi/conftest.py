"""The command ``import_ocpi`` as tests run it."""

import json
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from tests.ocpi.objects import written


@pytest.fixture
def import_ocpi(tmp_path, capsys):
    """Runs the command on objects, or on the content of a file: its exit status and the object that it prints."""

    def run(kind, *objects, content=None, name="feed.json", provider="GRG", **options):
        path = tmp_path / name
        if content is None:
            written(path, *objects)
        else:
            path.write_bytes(content)
        status = 0
        capsys.readouterr()
        try:
            call_command("import_ocpi", kind, str(path), provider=provider, json=True, **options)
        except CommandError as error:
            status = error.returncode
            print(error, file=__import__("sys").stderr)
        out, err = capsys.readouterr()
        return SimpleNamespace(status=status, err=err, **(json.loads(out) if out else {}))

    return run
