"""CSV resource of sessions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from chargepoints.authorization import Authorization, authorize_past
from chargepoints.models import ChargePoint, Rating, Session
from chargepoints.resources.arrivals import Arrival, in_order
from chargepoints.session_intake import SessionIntake
from chargepoints.session_overlaps import PointTimeline, Span
from chargepoints.session_recorder import Recorder
from customers.models import Provider
from evcnet.bulk import write_in_halves
from evcnet.code_keys import IdentityKey
from evcnet.codes import uid_key
from evcnet.errors import REFUSALS, DomainError
from evcnet.importexport.declaration import ValueChecks, Values, clean_instance, refuse_first_of_two
from evcnet.importexport.fields import Field
from evcnet.importexport.resource import BulkResource
from evcnet.importexport.results import RowResult
from evcnet.importexport.row_errors import quoted
from evcnet.importexport.rows import Row
from evcnet.importexport.widgets import CodeWidget, DecimalWidget, IntegerWidget, MomentWidget, ReferenceWidget

ASKED_TOGETHER = 1_000  # sessions that one statement has the facts of
CHECKED = ("code", "card_uid", "note")  # what the model says of texts; numbers and moments are read within its bounds
CHANGED = (
    "code", "charge_point", "card_uid", "started_at", "ended_at", "kwh", "parking_seconds", "note", "card", "customer",
    "verdict", "reason", "tariff_version", "tariff_source", "decision",
)  # fmt: skip
"""What is written of a stored session that is decided anew."""
NAMED = 5  # pairs of sessions that overlap


class SessionResource(BulkResource):
    """A row is decided and rated when it first comes in. What is rated stays: another file changes its note alone."""

    stages_rows = updates_in_bulk = writes_at_end = True
    columns_are_stored: ClassVar = True

    id = Field(CodeWidget(), attribute="code", required=True)
    charge_point = Field(ReferenceWidget(ChargePoint, by="identity", compared_by=IdentityKey), required=True)
    card_uid = Field(CodeWidget())
    started_at = Field(MomentWidget(), required=True)
    ended_at = Field(MomentWidget(), required=True)
    kwh = Field(DecimalWidget(decimals=4, most=1_000_000, unit="kWh"), required=True)
    parking_seconds = Field(IntegerWidget(most=366 * 86_400, unit="seconds"), default=0)
    note = Field()

    class Meta:
        model, name, import_id_fields = Session, "sessions", ("id",)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.now = timezone.now()
        self.recorders: dict[int, Recorder] = {}
        self.intakes: dict[int, SessionIntake] = {}
        self.rewritten: set[int] = set()  # stored sessions that the file wrote or changes
        self.value_checks = ValueChecks(Session, CHECKED)
        self.timeline, self.overlaps = PointTimeline(), list[tuple[str, str]]()
        self.answers: dict[int, Authorization] = {}  # of the sessions that are about to be written, by row

    def candidates(self, queryset: QuerySet[Session], rows: Iterable[Row]) -> QuerySet[Session]:
        sessions: QuerySet[Session] = super().candidates(queryset, rows)
        return sessions.annotate(rated=Exists(Rating.objects.filter(session=OuterRef("pk"))))

    def values_of(self, instance: Session) -> Values:
        return super().values_of(instance) | {"rated": getattr(instance, "rated", False)}

    def clean_row(self, row: Row, new_values: Values, old_values: Values | None) -> None:
        if new_values["started_at"] > self.now:
            raise DomainError("The session has not begun yet: no price is pinned before it holds.", "started_at")
        if new_values["ended_at"] > self.now:
            raise DomainError("The session has not ended yet: import it when it has.", "ended_at")
        refuse_first_of_two(row, "started_at", "ended_at", new_values)
        if old_values is None:
            return
        if uid_key(new_values["card_uid"]) == uid_key(old_values["card_uid"]):
            new_values["card_uid"] = old_values["card_uid"]
        changed = [name for name, value in new_values.items() if value != old_values[name]]
        if old_values.get("rated") and set(changed) - {"note"}:
            why = "The session is rated, so what was measured stays; only its note can be changed here"
            raise DomainError(f"{why}. Correct its price on the session's own page, with a reason.", changed[0])

    def is_deferred(self, result: RowResult) -> bool:
        return result.is_new() or not result.instance.rated

    def write_rows(self, results: list[RowResult]) -> None:
        """Sessions that have no price yet are decided, rated and written many at a time, in the order of their start."""
        self.rewritten = {each.instance.pk for each in results if each.instance is not None}
        growth = len(results) + self._result.new
        for together in in_order(self._stage, results, ASKED_TOGETHER):
            self._watch.take(len(together))
            self._compare_spans(together)
            self._write_changed([each.result for each in together if each.result and each.result.instance])
            by_provider: dict[int, list[Arrival]] = defaultdict(list)
            for each in together:
                if each.session is not None and not each.row.errors:
                    by_provider[each.session.provider_id].append(each)
            for provider, arrivals in by_provider.items():
                self._take_in(self._intake(provider), arrivals, growth)
            for row in [each.row for each in together if each.is_staged and each.row.errors]:
                self.count_refused(row)

    def _compare_spans(self, arrivals: list[Arrival]) -> None:
        """Refuses what is stored or stands in the file under another id, and notes what overlaps at its point."""
        spans = [each.span for each in arrivals]
        stored: QuerySet[Session] = self.scope.rows(Session).filter(
            charge_point__in={span.charge_point for span in spans},
            started_at__lte=max(span.ended_at for span in spans),
            ended_at__gte=min(span.started_at for span in spans),
        )
        names = ("pk", "code", "charge_point_id", "card_uid", "started_at", "ended_at")
        # What this file wrote or changes is compared as the file has it.
        self.timeline.load(Span(*span) for pk, *span in stored.values_list(*names) if pk not in self.rewritten)
        for arrival in arrivals:
            first = self.timeline.repeated(arrival.span)
            if first is not None:
                why = f"It is the session {quoted(first.code)} under another id: same charge point, card, start and end"
                arrival.row.refuse("id", f"{why}. Take the row out.")
            elif (other := self.timeline.add(arrival.span)) is not None:
                self.overlaps.append((arrival.span.code, other.code))

    def _write_changed(self, results: list[RowResult]) -> None:
        """Stored sessions of which no price was ever said are decided anew."""
        writing = [each for each in results if each.writes]
        values = [each.new_values for each in writing]
        questions = [(each["card_uid"], each["charge_point"].identity, each["started_at"]) for each in values]
        answers = authorize_past(questions)
        self.answers = {each.number: answer for each, answer in zip(writing, answers, strict=True)}
        for result in writing:
            self._build(result)
        for result, error in write_in_halves([each for each in writing if each.writes], _save_changed):
            self.refuse(result.row, error)
        for result in writing:
            result.written = not result.row.errors

    def _build(self, result: RowResult) -> None:
        try:
            result.instance = self.build_instance(result.row, result.instance, result.new_values)
        except REFUSALS as error:
            self.refuse(result.row, error)

    def _take_in(self, intake: SessionIntake, arrivals: list[Arrival], growth: int) -> None:
        def insert(part: Sequence[Arrival]) -> None:
            intake.insert([each.session for each in part if each.session], growth)

        intake.decide([each.session for each in arrivals if each.session])
        good = [each for each in arrivals if self._rate(intake, each)]
        # A login's rows are asked for once they are there, and so they are in a preview.
        writing = good if self.writes_staged else [each for each in good if not each.is_staged]
        for arrival, error in write_in_halves(writing, insert):
            self.refuse(arrival.row, error)
        for each in writing:
            self._note_written(each)

    def _note_written(self, arrival: Arrival) -> None:
        session, result = arrival.session, arrival.result
        if session is not None and session.pk is not None:
            self.rewritten.add(session.pk)
        if result is not None:
            result.instance, result.written = session, not result.row.errors

    def _rate(self, intake: SessionIntake, arrival: Arrival) -> bool:
        session: Any = arrival.session
        try:
            intake.rate(session)
            if not arrival.is_staged:
                self.value_checks.check(session)
        except REFUSALS as error:
            self.refuse(arrival.row, error)
            return False
        return True

    def build_instance(self, row: Row, instance: Any, new_values: Values) -> Any:
        for column in self.columns:
            setattr(instance, column.attribute, new_values[column.column_name])
        if not instance.rated:
            provider: Any = row.provider
            instance.provider = provider  # else it is asked for
            instance.first_rating = self._recorder(provider).record(instance, self.answers.get(row.number))
        return clean_instance(instance)

    def _recorder(self, provider: Provider) -> Recorder:
        return self.recorders.setdefault(provider.pk, Recorder(provider, self.scope.login))

    def _intake(self, provider: int) -> SessionIntake:
        if provider not in self.intakes:
            rows = next(each for each in self._reader.providers.values() if each.pk == provider)
            self.intakes[provider] = SessionIntake(rows, self.scope.login)
        return self.intakes[provider]

    def remarks(self) -> list[str]:
        remarks = []
        counts = [each.refused for each in self.recorders.values()] + [each.refused for each in self.intakes.values()]
        refused = sum(counts, start=Counter[str]())
        if total := refused.total():
            sessions = "session was" if total == 1 else "sessions were"
            reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(refused.items()))
            remarks.append(f"{total:,} {sessions} not allowed, and taken in without a price: {reasons}.")
        if total := len(self.overlaps):
            sessions = "session overlaps" if total == 1 else "sessions overlap"
            pairs = ", ".join(f"{one} and {other}" for one, other in self.overlaps[:NAMED])
            more = ", ..." if total > NAMED else ""
            remarks.append(f"{total:,} {sessions} another one of the same charge point: {pairs}{more}.")
        return remarks


def _save_changed(results: Sequence[RowResult]) -> None:
    sessions = [each.instance for each in results]
    Session.objects.bulk_update(sessions, CHANGED, batch_size=ASKED_TOGETHER)
    ratings = [each.first_rating for each in sessions if each.first_rating is not None]
    Rating.objects.bulk_create(ratings)
