"""Files that import_ocpi can't read at all, and what it says of them."""

import json
import lzma

import pytest
from django.core.management import CommandError, call_command

from chargepoints.models import Location
from tariffs.models import Tariff
from tests.ocpi.objects import tariff
from tests.tables import for_each

pytestmark = pytest.mark.django_db
GOOD = json.dumps([tariff("T1")]).encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [("feed.json", GOOD), ("feed.json", b"\xef\xbb\xbf" + GOOD), ("feed.json.xz", lzma.compress(GOOD))],
)
def test_json_is_read_with_a_byte_order_mark_and_packed(world, import_ocpi, name, content):
    assert import_ocpi("tariffs", content=content, name=name).new == 1


@for_each(
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


OLD_TARIFF = {
    "id": "T1",
    "currency": "EUR",
    "elements": [{"price_components": [{"type": "ENERGY", "price": 0.3, "step_size": 1}]}],
    "last_updated": "2019-01-01T00:00:00Z",
}
OLD_CONNECTOR = {
    "id": "1",
    "standard": "IEC_62196_T2",
    "format": "SOCKET",
    "power_type": "AC_3_PHASE",
    "voltage": 230,
    "amperage": 16,
    "tariff_id": "T1",
    "last_updated": "2019-01-01T00:00:00Z",
}
OLD_LOCATION = {
    "id": "M1",
    "type": "ON_STREET",
    "address": "Market 1",
    "city": "Leusden",
    "country": "NLD",
    "coordinates": {"latitude": "52.13", "longitude": "5.43"},
    "evses": [{"uid": "1", "evse_id": "NL*GRG*E1", "status": "AVAILABLE", "connectors": [OLD_CONNECTOR]}],
    "last_updated": "2019-01-01T00:00:00Z",
}


@pytest.mark.parametrize(
    ("kind", "content"),
    [("tariffs", OLD_TARIFF), ("locations", OLD_LOCATION), ("locations", OLD_LOCATION | {"evses": []})],
)
def test_a_file_of_ocpi_2_1_1_is_named_as_such(world, import_ocpi, kind, content):
    report = import_ocpi(kind, content, skip_bad=True)
    assert (report.status, report.written) == (2, False)
    assert "is OCPI 2.1.1: ask for a file of OCPI 2.2.1 or 2.3.0" in report.err
    assert "is OCPI 2.1.1" in report.errors[0]["message"]
    assert not Tariff.objects.filter(code="T1").exists()
    assert not Location.objects.filter(code="M1").exists()


@pytest.mark.parametrize("field", ["country_code", "start_date_time"])
def test_what_says_something_of_a_later_version_is_read(world, import_ocpi, field):
    assert import_ocpi("tariffs", OLD_TARIFF | {field: tariff()[field] or "2026-01-01T00:00:00Z"}).new == 1


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
