"""Cells of decisions as SQL, for readers of whole providers: what a decision view says of each row, asked of the database at once.

What is told of a confidential reason, and which session a decision led to, is said in ``decision_views`` alone; here stand
the conditions by which a row is the reader's own, and its card and customer are seen, where these are those of providers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from django.db.models import Case, CharField, DateTimeField, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Concat, NullIf

from chargepoints.decision_views import ANOTHER_PROVIDER, LED_TO, TEXTS, reason_read
from chargepoints.models import Session
from customers.models import Provider
from evcnet.importexport.scope import FileScope
from evcnet.importexport.sql_cells import EscapedCell, MomentCell, PlainCell

READ = (
    "chargepoints.view_decisionentry",
    "customers.view_chargecard",
    "customers.view_customer",
    "chargepoints.view_session",
)
"""Permissions that the cells depend on, beside those of the rows."""


@dataclass(frozen=True)
class DecisionCells:
    """``own``: of the rows at the reader's own charge points; ``card``, ``customer``: of those whose it sees; ``sessions``:
    those that it sees."""

    own: Q
    card: Q
    customer: Q
    sessions: QuerySet[Any]

    @classmethod
    def read_by(cls, scope: FileScope, provider: Provider | None) -> Self | None:
        """As the login of the scope reads them; a command reads for the provider, else for that of each row. None for a login
        that reads for user groups with any of the permissions."""
        sessions = scope.rows(Session).order_by()
        if scope.login is None:
            reader: Any = provider.pk if provider else F("provider_id")
            own, of_cards = Q(provider_id=reader), Q(card_provider_id=reader)
            return cls(own, of_cards & Q(card__uid__isnull=False), of_cards, sessions)
        scopes = [scope.login.scope(each) for each in READ]
        if any(each.user_groups or each.platform for each in scopes):
            return None
        entries, cards, customers, _ = (each.providers for each in scopes)
        in_sight = Q(card__provider_id__in=cards), Q(customer__provider_id__in=customers)
        return cls(Q(provider_id__in=entries), *in_sight, sessions)

    def owner(self, column: str) -> Case:
        """Of a card elsewhere, that of the card's provider."""
        return Case(When(self.own, then=F(f"provider__{column}")), default=F(f"card_provider__{column}"))

    def with_sessions(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        aliased: QuerySet[Any] = rows.alias(led_to=LED_TO)
        return aliased

    def cell(self, name: str) -> Any:
        """That of a column; None for one that is stored as it is."""
        cell_of = getattr(self, f"_{name}", None)
        return cell_of() if cell_of else None

    def _asked_by(self) -> EscapedCell:
        key = Concat(F("api_key__name"), Value(" ("), F("api_key__prefix"), Value("…)"), output_field=CharField())
        login = Coalesce(NullIf(F("login__name"), Value("")), F("login__email"))
        asked = Case(When(api_key__name__isnull=False, then=key), default=login, output_field=CharField())
        return EscapedCell(Case(When(self.own, then=asked), default=Value(ANOTHER_PROVIDER), output_field=CharField()))

    def _card(self) -> EscapedCell:
        return EscapedCell(F("card_uid"))

    def _charge_point(self) -> EscapedCell:
        return EscapedCell(F("identity"))

    def _reason(self) -> PlainCell:
        hidden = {each: reason_read(each, sees_card=False) for each in TEXTS}
        branches = [When(reason=each, then=Value(read)) for each, read in hidden.items() if each != read]
        return PlainCell(
            Case(When(self.card, then=F("reason")), *branches, default=F("reason"), output_field=CharField())
        )

    def _customer(self) -> EscapedCell:
        return EscapedCell(Case(When(self.customer, then=F("customer__number"))))

    def _charge_group(self) -> EscapedCell:
        return EscapedCell(self._of_answer("charge_group"))

    def _tariff(self) -> EscapedCell:
        return EscapedCell(self._of_answer("tariff"))

    def _tariff_valid_from(self) -> MomentCell:
        text = NullIf(self._of_answer("tariff_valid_from"), Value(""))
        return MomentCell(Cast(text, DateTimeField()), self.owner("time_zone"))

    def _of_answer(self, name: str) -> Case:
        return Case(When(self.own, then=KeyTextTransform(name, "answer")), output_field=CharField())

    def _session(self) -> Case:
        """The sign before a formula is put within, so that the session is looked for once."""
        code = self.sessions.filter(pk=OuterRef("led_to")).values(cell=EscapedCell(F("code")))
        return Case(When(self.own, then=Subquery(code)), output_field=CharField())
