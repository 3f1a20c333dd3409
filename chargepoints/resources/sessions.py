"""CSV resource of sessions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from chargepoints.authorization import Authorization, authorize_past
from chargepoints.models import ChargePoint, Rating, Session
from chargepoints.session_intake import IncomingSession, SessionIntake
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
NAMED = 5  # pairs of sessions that overlap


class SessionResource(BulkResource):
    """A row is decided and rated when it first comes in. What is rated stays: another file changes its note alone."""

    reads_all_first: ClassVar = True
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
        if old_values["rated"] and set(changed) - {"note"}:
            why = "The session is rated, so what was measured stays; only its note can be changed here"
            raise DomainError(f"{why}. Correct its price on the session's own page, with a reason.", changed[0])

    def write_rows(self, results: list[RowResult]) -> None:
        """Sessions that have no price yet are decided, rated and written many at a time, in the order of their start."""
        writing = sorted((each for each in results if each.writes), key=lambda each: each.new_values["started_at"])
        self.rewritten = {each.instance.pk for each in writing if each.instance is not None and not each.instance.rated}
        for start in range(0, len(writing), ASKED_TOGETHER):
            self.check_time()
            together = writing[start : start + ASKED_TOGETHER]
            self._compare_spans([each for each in together if not (each.old_values or {}).get("rated")])
            self._write_changed([each for each in together if each.writes and each.instance is not None])
            self._write_new([each for each in together if each.writes and each.instance is None], len(writing))

    def _compare_spans(self, results: list[RowResult]) -> None:
        """Refuses what is stored or stands in the file under another id, and notes what overlaps at its point."""
        spans = [(each, _span(each.new_values)) for each in results]
        if not spans:
            return
        stored: QuerySet[Session] = self.scope.rows(Session).filter(
            charge_point__in={span.charge_point for _, span in spans},
            started_at__lte=max(span.ended_at for _, span in spans),
            ended_at__gte=min(span.started_at for _, span in spans),
        )
        names = ("pk", "code", "charge_point_id", "card_uid", "started_at", "ended_at")
        # What this file wrote or changes is compared as the file has it.
        self.timeline.load(Span(*span) for pk, *span in stored.values_list(*names) if pk not in self.rewritten)
        for result, span in spans:
            first = self.timeline.repeated(span)
            if first is not None:
                why = f"It is the session {quoted(first.code)} under another id: same charge point, card, start and end"
                result.row.refuse("id", f"{why}. Take the row out.")
            elif (other := self.timeline.add(span)) is not None:
                self.overlaps.append((span.code, other.code))

    def _write_changed(self, results: list[RowResult]) -> None:
        unrated = [each for each in results if not each.instance.rated]
        values = [each.new_values for each in unrated]
        questions = [(each["card_uid"], each["charge_point"].identity, each["started_at"]) for each in values]
        answers = authorize_past(questions)
        self.answers = {each.number: answer for each, answer in zip(unrated, answers, strict=True)}
        for result in results:
            self.write_row(result)

    def _write_new(self, results: list[RowResult], growth: int) -> None:
        by_provider: dict[Provider, list[RowResult]] = defaultdict(list)
        for result in results:
            provider: Any = result.row.provider  # every row has one that has no errors
            values = {each.attribute: result.new_values[each.column_name] for each in self.columns}
            result.instance = IncomingSession(provider_id=provider.pk, **values)
            by_provider[provider].append(result)
        for provider, rows in by_provider.items():
            self._take_in(self._intake(provider), rows, growth)

    def _take_in(self, intake: SessionIntake, results: list[RowResult], growth: int) -> None:
        def insert(rows: Sequence[RowResult]) -> None:
            intake.insert([each.instance for each in rows], growth)

        intake.decide([each.instance for each in results])
        good = [each for each in results if self._rate(intake, each)]
        for result, error in write_in_halves(good, insert):
            self.refuse(result.row, error)
        for result in good:
            result.written = not result.row.errors
            self.rewritten.add(result.instance.pk)

    def _rate(self, intake: SessionIntake, result: RowResult) -> bool:
        session = result.instance
        try:
            intake.rate(session)
            self.value_checks.check(session)
        except REFUSALS as error:
            self.refuse(result.row, error)
            return False
        return True

    def build_instance(self, row: Row, instance: Any, new_values: Values) -> Any:
        for column in self.columns:
            setattr(instance, column.attribute, new_values[column.column_name])
        if not instance.rated:
            instance.first_rating = self._recorder(instance.provider).record(instance, self.answers.get(row.number))
        return clean_instance(instance)

    def save_row(self, result: RowResult) -> Any:
        """A session that is there already: its note, or all of it, where no price was ever said."""
        session = self.build_instance(result.row, result.instance, result.new_values)
        session.save()
        if not session.rated and session.first_rating is not None:
            session.first_rating.save()
        return session

    def _recorder(self, provider: Provider) -> Recorder:
        return self.recorders.setdefault(provider.pk, Recorder(provider, self.scope.login))

    def _intake(self, provider: Provider) -> SessionIntake:
        return self.intakes.setdefault(provider.pk, SessionIntake(provider, self.scope.login))

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


def _span(values: Values) -> Span:
    point: ChargePoint = values["charge_point"]
    return Span(values["id"], point.pk, values["card_uid"], values["started_at"], values["ended_at"])
