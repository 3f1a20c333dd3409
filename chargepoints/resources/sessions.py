"""CSV resource of sessions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from chargepoints.models import ChargePoint, Rating, Session
from chargepoints.session_recorder import Recorder
from customers.models import Provider
from evcnet.errors import DomainError
from evcnet.importexport.declaration import Values, clean_instance
from evcnet.importexport.fields import Field
from evcnet.importexport.resource import BulkResource
from evcnet.importexport.results import RowResult
from evcnet.importexport.rows import Row
from evcnet.importexport.widgets import (
    CodeWidget,
    DecimalWidget,
    IntegerWidget,
    PastMomentWidget,
    ReferenceWidget,
)


class SessionResource(BulkResource):
    """A row is decided and rated when it first comes in. What is rated stays: another file changes its note alone."""

    id = Field(CodeWidget(), attribute="code", required=True)
    charge_point = Field(ReferenceWidget(ChargePoint, by="identity", case_insensitive=True), required=True)
    card_uid = Field(CodeWidget())
    started_at = Field(PastMomentWidget(), required=True)
    ended_at = Field(PastMomentWidget(), required=True)
    kwh = Field(DecimalWidget(decimals=4, most=1_000_000, unit="kWh"), required=True)
    parking_seconds = Field(IntegerWidget(most=366 * 86_400, unit="seconds"), default=0)
    note = Field()

    class Meta:
        model, name, import_id_fields = Session, "sessions", ("id",)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.now = timezone.now()
        self.recorders: dict[int, Recorder] = {}

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
        if old_values is None:
            return
        if new_values["card_uid"].upper() == old_values["card_uid"].upper():
            new_values["card_uid"] = old_values["card_uid"]
        changed = [name for name, value in new_values.items() if value != old_values[name]]
        if old_values["rated"] and set(changed) - {"note"}:
            why = "The session is rated, so what was measured stays; only its note can be changed here"
            raise DomainError(f"{why}. Correct its price on the session's own page, with a reason.", changed[0])

    def build_instance(self, row: Row, instance: Session | None, new_values: Values) -> Any:
        session: Any = instance or Session(provider=row.provider)
        for column in self.columns:
            setattr(session, column.attribute, new_values[column.column_name])
        if not getattr(session, "rated", False):
            session.first_rating = self._recorder(session.provider).record(session)
        return clean_instance(session)

    def save_row(self, result: RowResult) -> Any:
        """A session that is there already: its note, or all of it, where no price was ever said."""
        session = self.build_instance(result.row, result.instance, result.new_values)
        session.save()
        if not session.rated and session.first_rating is not None:
            session.first_rating.save()
        return session

    def save_many(self, instances: list[Any]) -> None:
        super().save_many(instances)
        ratings = [each.first_rating for each in instances if each.first_rating is not None]
        for rating in ratings:
            rating.session_id = rating.session.pk  # which it has only now
        Rating.objects.bulk_create(ratings)

    def _recorder(self, provider: Provider) -> Recorder:
        return self.recorders.setdefault(provider.pk, Recorder(provider, self.scope.login))

    def remarks(self) -> list[str]:
        refused = sum((recorder.refused for recorder in self.recorders.values()), start=Counter())
        total = refused.total()
        if not total:
            return []
        sessions = "session was" if total == 1 else "sessions were"
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(refused.items()))
        return [f"{total:,} {sessions} not allowed, and taken in without a price: {reasons}."]
