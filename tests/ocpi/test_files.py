"""Files that import_ocpi can't read at all, and what it says of them."""

import json
import lzma

import pytest
from django.core.management import CommandError, call_command

from tariffs.models import Tariff
from tests.ocpi.objects import tariff

pytestmark = pytest.mark.django_db
GOOD = json.dumps([tariff("T1")]).encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [("feed.json", GOOD), ("feed.json", b"\xef\xbb\xbf" + GOOD), ("feed.json.xz", lzma.compress(GOOD))],
)
def test_json_is_read_with_a_byte_order_mark_and_packed(world, import_ocpi, name, content):
    assert import_ocpi("tariffs", content=content, name=name).new == 1


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("feed.json", b"", "is not JSON"),
        ("feed.json", GOOD[:-5], "is not JSON"),
        ("feed.json", json.dumps(tariff("T1")).encode(), "holds no array"),
        ("feed.json", b"null", "holds no array"),
        ("feed.json", GOOD.decode().encode("utf-16"), "is not UTF-8"),
        ("feed.json", b'[{"id": "caf\xe9"}]', "is not UTF-8"),
        ("feed.json", b"[" * 100_000, "nested too deeply"),
        ("feed.json", b"[" + b"9" * 10_000 + b"]", "digits"),
        ("feed.json", b'[{"price": NaN}]', "NaN is no number"),
        ("feed.json.xz", GOOD, "can't be read"),
        ("feed.json.xz", lzma.compress(GOOD)[:-20], "can't be read"),
    ],
)
def test_a_file_that_is_no_array_of_objects_ends_with_status_2_and_one_line(world, import_ocpi, name, content, says):
    report = import_ocpi("tariffs", content=content, name=name)
    assert report.status == 2
    assert says in report.err
    assert (report.invalid, report.written, says in report.errors[0]["message"]) == (1, False, True)
    assert not Tariff.objects.filter(code="T1").exists()


def test_a_packed_bomb_is_refused(world, import_ocpi, monkeypatch):
    monkeypatch.setattr("evcnet.importexport.json_file.LARGEST", 10_000)
    report = import_ocpi("tariffs", content=lzma.compress(b" " * 1_000_000 + GOOD), name="feed.json.xz")
    assert (report.status, "unpacked" in report.err) == (2, True)
    assert not Tariff.objects.filter(code="T1").exists()


@pytest.mark.parametrize("name", ["gone.json", "."])
def test_a_file_that_is_not_there_ends_with_status_2(world, tmp_path, name):
    with pytest.raises(CommandError, match="can't be read") as ended:
        call_command("import_ocpi", "tariffs", str(tmp_path / name), provider="GRG")
    assert ended.value.returncode == 2


def test_without_json_the_summary_is_one_line_and_the_errors_go_to_standard_error(world, tmp_path, capsys):
    path = tmp_path / "feed.json"
    path.write_text(json.dumps([tariff("T1"), tariff("T1")]))
    call_command("import_ocpi", "tariffs", str(path), provider="GRG", skip_bad=True)
    out, err = capsys.readouterr()
    assert out == "2 tariffs: 1 new, 0 updated, 0 unchanged, 1 invalid; written\n"
    assert err.startswith("error: T1: id: occurred earlier in the file")
