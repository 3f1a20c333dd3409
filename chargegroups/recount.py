"""Recount: the counts that totals and previews read, held against the rows of all providers, and mended where that is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from chargegroups.counts import LEDGERS
from customers import job_files, jobs
from customers.counts import mend_roaming, wrongly_roaming
from customers.jobs import Impossible, Outcome, Progress, new_job
from customers.models import Job, StaffMember

PERMISSION = "customers.recount_job"
PARTS = 1 + len(LEDGERS)
"""What is held against the rows one after the other: who roams, and each ledger."""
MOST_SHOWN = 100
"""So many differences stand on the page of the job; all of them are in its file."""


@dataclass(frozen=True)
class Recount:
    """What differs: customers, by id, who do not roam as their cards say, and the keys of the ledgers, in words."""

    roaming: list[int]
    keys: list[str]

    def __len__(self) -> int:
        return len(self.roaming) + len(self.keys)

    def lines(self, named: int | None = None) -> Iterator[str]:
        """A line for each difference; who does not roam as the cards say in one, ``named`` of them at most."""
        if self.roaming:
            more = ", ..." if named is not None and len(self.roaming) > named else ""
            ids = ", ".join(map(str, self.roaming[:named])) + more
            yield f"roaming customers: {len(self.roaming):,} are not as their cards say: {ids}"
        yield from self.keys


def recount(tell: Callable[[int], Any] = lambda part: None) -> Recount:
    """Writes nothing. ``tell`` hears which of the PARTS begins."""
    tell(0)
    roaming, keys = wrongly_roaming(), list[str]()
    for part, ledger in enumerate(LEDGERS, 1):
        tell(part)
        keys += [f"{ledger.name}: {each}" for each in ledger.differences()]
    return Recount(roaming, keys)


def mend(tell: Callable[[int], Any] = lambda part: None) -> None:
    """Add what is missing, and take off what is too much: of what differs by now."""
    tell(0)
    mend_roaming()
    for part, ledger in enumerate(LEDGERS, 1):
        tell(part)
        ledger.mend()


def start_recount(login: StaffMember, *, mends: bool) -> Job:
    title = "Counts of customers and exceptions" + (", mended where they differ" if mends else "")
    job = new_job(login, None, Job.Kind.RECOUNT, title, {"kind": Job.Kind.RECOUNT, "mend": mends})
    job.file_hash = Job.Kind.RECOUNT  # there is but one
    return jobs.start(job)


@jobs.runs(Job.Kind.RECOUNT)
def run_recount(job: Job, progress: Progress) -> Outcome:
    """What it mends and that it is done is one transaction."""
    if not jobs.is_reach_unchanged(job) or not job.login.has_perm(PERMISSION):
        raise Impossible("The roles of the login that started this have changed since, so nothing was recounted.")
    mends = bool(job.options["mend"])
    total = 2 * PARTS if mends else PARTS
    result = recount(lambda part: progress(part, total))
    if result and mends:
        mend(lambda part: progress(PARTS + part, total))
    lines = list(result.lines())
    job_files.make_folder(job)
    file = job_files.file_of(job, job_files.EXPORT)
    file.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    text = render_to_string("chargegroups/recount_result.html", {"lines": list(result.lines(MOST_SHOWN))[:MOST_SHOWN]})
    job_files.file_of(job, job_files.PREVIEW).write_text(text if result else "", "utf-8")
    name = f"recount-{timezone.localdate().isoformat()}.txt"
    return Outcome({"rows": len(result), "mended": bool(result) and mends, "name": name, "bytes": file.stat().st_size})
