"""Jobs of replays: past sessions priced by another tariff, with a file of those that would have cost something else.

What a replay shows and its file hold numbers of customers, so they lie beside the job, for its login alone and for a week.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, BinaryIO

from django.template.loader import render_to_string
from django.utils import timezone

from chargegroups.models import ChargeGroup
from chargepoints.rating_text import money
from chargepoints.replay import Replayed, replay, sessions_at, sessions_by, started_within, version_to_replay
from customers import job_files, jobs
from customers.audit import record
from customers.jobs import Impossible, Outcome, Progress, new_job
from customers.models import AuditEntry, Customer, Job, Provider, StaffMember
from evcnet import replica
from evcnet.errors import DomainError
from evcnet.importexport.csv_file import write_csv
from evcnet.importexport.csv_stream import BOM
from evcnet.importexport.formulas import escaped
from tariffs.models import Tariff, TariffVersion
from tariffs.pricing.currencies import MINOR_UNITS
from tariffs.pricing.replay import Past

PERMISSION = "chargepoints.add_rating"
"""Who may correct what sessions cost replays them: of whole providers, whose customers, sessions and prices it reads."""
TOGETHER = 1_000  # rows whose customers are looked up at once
GONE = "The charge group or a tariff is gone since it was started: start another replay."


@dataclass(frozen=True)
class ReplayQuestion:
    """Sessions at a charge group, or by a tariff, that started within ``[begin, end)``, under another tariff; all by id."""

    charge_group: int | None
    tariff: int | None
    against: int
    begin: str = ""
    end: str = ""

    @property
    def digest(self) -> str:
        """The same for all who ask the same."""
        return sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    @property
    def window(self) -> tuple[datetime | None, datetime | None]:
        begin, end = (datetime.fromisoformat(each) if each else None for each in (self.begin, self.end))
        return begin, end


def start_replay(login: StaffMember, provider: Provider, question: ReplayQuestion, title: str) -> Job:
    options = asdict(question) | {"kind": Job.Kind.REPLAY, "after": replica.current_position()}
    job = new_job(login, provider, Job.Kind.REPLAY, title, options)
    job.file_hash = question.digest
    return jobs.start(job)


@jobs.runs(Job.Kind.REPLAY)
def run_replay(job: Job, progress: Progress) -> Outcome:
    """The file, the record of who has it and that the job is done come together."""
    provider: Any = job.provider
    if not jobs.is_reach_unchanged(job) or provider.pk not in job.login.scope(PERMISSION).providers:
        raise Impossible("The roles of the login that started this have changed since, so nothing was replayed.")
    job_files.make_folder(job)
    try:
        with timezone.override(provider.zone):
            step = lambda: _replay(job, provider, progress)
            done, rows = replica.read(step, job.options.get("after", ""), replica.ALSO_WITHIN)
            _write_result(job, done)
    except DomainError as wrong:
        raise Impossible(wrong.refusal.message) from wrong
    record(AuditEntry.Event.EXPORTED, job.login, provider, about=f"Replay, by a job: {job.title}", rows=rows)
    name = f"replay-{timezone.localdate().isoformat()}.csv"
    size = job_files.file_of(job, job_files.EXPORT).stat().st_size
    return Outcome({"rows": done.total.sessions, "differing": rows, "name": name, "bytes": size})


def _replay(job: Job, provider: Provider, progress: Progress) -> tuple[Replayed, int]:
    """What ``manage.py replay`` does, and how many rows are in the file. Raises DomainError, and Impossible."""
    question = ReplayQuestion(**{each.name: job.options[each.name] for each in fields(ReplayQuestion)})
    against = version_to_replay(_row(Tariff, provider, question.against), timezone.now())
    if question.charge_group is not None:
        sessions = sessions_at(_row(ChargeGroup, provider, question.charge_group))
    else:
        sessions = sessions_by(_row(Tariff, provider, question.tariff))
    chosen = started_within(sessions, *question.window)
    total = chosen.count()
    progress(0, total)
    with open(job_files.file_of(job, job_files.EXPORT), "wb", opener=_private) as file:
        differences = DifferenceFile(file, against, provider)
        done = replay(chosen, against, lambda count: progress(min(count, total), total), differences.add)
        differences.flush()
    return done, differences.rows


def _row(model: type[Any], provider: Provider, pk: int | None) -> Any:
    row = model.objects.filter(provider=provider, pk=pk).first()
    if row is None:
        raise Impossible(GONE)
    return row


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class DifferenceFile:
    """CSV with a row for each session that would have cost something else; totals include VAT."""

    HEADER = ("session", "started_at", "customer", "currency", "before", "after", "difference")

    def __init__(self, file: BinaryIO, against: TariffVersion, provider: Provider) -> None:
        self._file, self._zone, self._currency = file, provider.zone, against.tariff.currency
        self._waiting: list[tuple[Past, Decimal, Decimal]] = []
        self.rows = 0
        file.write(BOM)
        self._write([list(self.HEADER)])

    def add(self, session: Past, before: Decimal, after: Decimal) -> None:
        self._waiting.append((session, before, after))
        if len(self._waiting) == TOGETHER:
            self.flush()

    def flush(self) -> None:
        """Write those that wait, with the numbers of their customers: none of cards of other providers."""
        customers: set[Any] = {session.customer for session, _, _ in self._waiting} - {None}
        numbers = dict(Customer.objects.filter(pk__in=customers).values_list("pk", "number"))
        self._write(self._cells(*each, numbers) for each in self._waiting)
        self.rows += len(self._waiting)
        self._waiting = []

    def _cells(self, session: Past, before: Decimal, after: Decimal, numbers: dict[Any, str]) -> list[str]:
        start = datetime.fromtimestamp(session.session.start, UTC).astimezone(self._zone).isoformat()
        decimals = MINOR_UNITS[self._currency]
        amounts = [f"{each:.{decimals}f}" for each in (before, after, after - before)]
        return [escaped(session.code), start, escaped(numbers.get(session.customer, "")), self._currency, *amounts]

    def _write(self, rows: Iterable[list[str]]) -> None:
        self._file.writelines(line.encode() for line in write_csv(rows))


def _write_result(job: Job, done: Replayed) -> None:
    """For the page of the job."""
    total = done.total
    context = {
        "done": done,
        "total": total,
        "amounts": [money(each, total.currency) for each in (total.before, total.after, total.difference)],
        "largest": [(each.customer, money(each.difference, total.currency)) for each in done.largest],
    }
    text = render_to_string("chargepoints/replay_result.html", context)
    job_files.file_of(job, job_files.PREVIEW).write_text(text, "utf-8")
