"""Conversion of another system's sessions to files that import_csv reads, shown by two open data sets.

    python examples/convert_sessions.py dundee FILE.csv FOLDER [--charge-group CODE] [--user-group CODE]
    python examples/convert_sessions.py trondheim FILE.csv FOLDER [--refused SUMMARY.json]

FOLDER gets customers.csv, charge_cards.csv, locations.csv, charge_points.csv and sessions.csv, to be imported in this
order. Nothing is judged or repaired here: a row without an end or with negative kWh is written as it stands, and the
import says what is wrong with it. Save what `import_csv sessions ... --dry-run --json` prints, and give it back as
--refused: the rows that it names are left out, and the rest is imported and rated.

What the data sets don't say: when charging ended (a session counts as charging to its end), and cards (each user has
one). Local times get the offset of their place; in the hour that the clock repeats they are the first.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Charged:
    """One session as its source has it; texts that make no sense stay as they are."""

    id: str
    user: str
    point: str
    place: str
    start: str
    end: str
    kwh: str


@dataclass(frozen=True)
class Source:
    """Where a data set comes from, and how it writes."""

    prefix: str
    country: str
    zone: str
    delimiter: str
    times: str


SOURCES = {
    "dundee": Source("DUNDEE", "GB", "Europe/London", ",", "%d/%m/%Y %H:%M"),
    "trondheim": Source("TRD", "NO", "Europe/Oslo", ";", "%d.%m.%Y %H:%M"),
}


def dundee(row: dict[str, str]) -> Charged:
    start, end = f"{row['Start Date']} {row['Start Time']}", f"{row['End Date']} {row['End Time']}"
    return Charged(row["Charging event"], row["User ID"], row["CP ID"], row["Site"], start, end, row["Total kWh"])


def trondheim(row: dict[str, str]) -> Charged:
    """A shared charge point has an id of its own; a private one goes by its user."""
    point = row["User_ID"] if row["Shared_ID"] == "NA" else f"{row['Garage_ID']}-{row['Shared_ID']}"
    kwh = row["El_kWh"].replace(",", ".")
    garage = f"Garage {row['Garage_ID']}"
    return Charged(row["session_ID"], row["User_ID"], point, garage, row["Start_plugin"], row["End_plugout"], kwh)


READERS = {"dundee": dundee, "trondheim": trondheim}


def moment(text: str, source: Source) -> str:
    """ISO 8601 with its offset; empty for none, and without offset for a time that the clock skipped."""
    text = text.strip()
    if text in ("", "NA"):
        return ""
    try:
        local = datetime.strptime(text, source.times)
    except ValueError:
        return text
    aware = local.replace(tzinfo=ZoneInfo(source.zone))
    back = aware.astimezone(UTC).astimezone(aware.tzinfo)
    return aware.isoformat() if back.replace(tzinfo=None) == local else local.isoformat()


def write(folder: Path, kind: str, header: str, rows: Iterable[list[str]]) -> None:
    with (folder / f"{kind}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        writer.writerows(rows)


def files(charged: list[Charged], source: Source, group: str, user_group: str) -> Iterator[tuple[str, str, list]]:
    users = sorted({each.user for each in charged} - {""})
    places = {place: f"{source.prefix}-{number}" for number, place in enumerate(sorted({c.place for c in charged}), 1)}
    points = {each.point: places[each.place] for each in charged}
    yield "customers", "user_group,number,name", [[user_group, u, f"User {u}"] for u in users]
    yield "charge_cards", "uid,customer", [[f"{source.prefix}-{user}", user] for user in users]
    locations = [[code, name, source.country, source.zone] for name, code in places.items()]
    yield "locations", "code,name,country,time_zone", locations
    header = "identity,location,charge_group,status"
    yield "charge_points", header, [[f"{source.prefix}-{p}", code, group, "active"] for p, code in points.items()]
    header = "id,charge_point,card_uid,started_at,ended_at,kwh,note"
    yield "sessions", header, [session(each, source) for each in charged]


def session(each: Charged, source: Source) -> list[str]:
    card, point = each.user and f"{source.prefix}-{each.user}", f"{source.prefix}-{each.point}"
    return [each.id, point, card, moment(each.start, source), moment(each.end, source), each.kwh, ""]


def main() -> None:
    parser = argparse.ArgumentParser(description="Convert the sessions of an open data set for import_csv.")
    parser.add_argument("source", choices=SOURCES)
    parser.add_argument("file", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--charge-group", default="OPEN-DATA")
    parser.add_argument("--user-group", default="OPEN-DATA")
    parser.add_argument("--refused", type=Path, help="what import_csv sessions --dry-run --json printed")
    options = parser.parse_args()
    source = SOURCES[options.source]
    refused = {e["row"] for e in json.loads(options.refused.read_text())["errors"]} if options.refused else set()
    with options.file.open(encoding="utf-8-sig", newline="") as file:
        rows = enumerate(csv.DictReader(file, delimiter=source.delimiter), 2)
        charged = [READERS[options.source](row) for number, row in rows if number not in refused]
    options.folder.mkdir(parents=True, exist_ok=True)
    for kind, header, lines in files(charged, source, options.charge_group, options.user_group):
        write(options.folder, kind, header, lines)


if __name__ == "__main__":
    main()
