"""The page "May this card charge here?", which staff read on the phone with a driver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from chargegroups.models import ChargeGroup, CustomerException
from chargegroups.refusal_causes import cause_of
from chargepoints.authorization import Authorization, authorize_at
from chargepoints.decision_log import Asker, keep_decision
from chargepoints.login_answer import answer_for
from chargepoints.models import ChargePoint
from chargepoints.search import points_named
from customers.models import ChargeCard
from customers.search import search_cards
from evcnet.admin.base import page_of_row
from evcnet.admin.moment_field import MomentInput
from evcnet.admin.requests import StaffRequest
from evcnet.code_keys import CodeKey, IdentityKey, UidKey
from evcnet.datetimes import NotAMoment, read_moment
from evcnet.similar_codes import similar_rows

MOST = 12
"""So many matches are offered; more than a screen helps nobody."""

CARD_CODES: dict[str, type[CodeKey]] = {"uid": UidKey, "visual_number": IdentityKey}
POINT_CODES: dict[str, type[CodeKey]] = {"identity": IdentityKey, "evse_id": IdentityKey}


@dataclass
class Question:
    """What was typed, what it was found to mean, and what is wrong with it. ``more_...``: not all that it means is listed."""

    card: str
    charge_point: str
    at: str
    cards: list[Any]
    points: list[Any]
    errors: dict[str, str]
    moment: datetime
    now: datetime
    more_cards: bool
    more_points: bool

    @property
    def moment_input(self) -> str:
        described = {"id": "id_at", "aria-describedby": "at_help at_error" if self.errors.get("at") else "at_help"}
        widget = MomentInput({"class": ""} | ({"aria-invalid": "true"} if self.errors.get("at") else {}))
        widget.label = "When"
        return widget.render("at", self.at, described)

    @property
    def complete(self) -> bool:
        return not self.errors and bool(self.card and self.charge_point) and len(self.points) == 1

    @property
    def uid(self) -> str:
        """A text that no card of one's own answers to is taken for a uid: that of a roaming card, or of nobody's."""
        return self.cards[0].uid if self.cards else self.card


def may_charge(request: StaffRequest) -> HttpResponse:
    if not request.user.has_perm("chargepoints.view_chargepoint"):
        raise PermissionDenied
    question = _read(request)
    context = {**admin.site.each_context(request), "title": "May this card charge here?", "question": question}
    if question.complete and len(question.cards) <= 1:
        answer = authorize_at(question.uid, question.points[0].identity, question.moment, now=question.now)
        if answer.facts.row["point_provider"] in (None, question.points[0].provider_id):
            context |= _answer_context(request, question, answer)
            if answer.facts.row["card"] is None:
                context["unknown_card"] = True
                context["similar_cards"] = similar_rows(_own_cards(request), CARD_CODES, question.card)
            asker = Asker("explainer", question.points[0].provider_id, login=request.user.pk)
            keep_decision(answer, asker, context["answer"])
        else:
            question.errors["charge_point"] = "Another provider had a charge point of this identity then."
    if question.charge_point and not question.points:
        context["unknown_point"] = True
        context["similar_points"] = similar_rows(_own_points(request), POINT_CODES, question.charge_point)
    return TemplateResponse(request, "chargepoints/may_charge.html", context)


def suggest(request: StaffRequest) -> JsonResponse:
    """What the two fields offer while somebody types: [{"value", "label"}], of the login's own rows only."""
    words = request.GET.get("q", "")[:100]
    if len(words.strip()) < 2:
        return JsonResponse({"matches": []})
    if request.GET.get("kind") == "card":
        matches = [{"value": card.uid, "label": _card_label(card)} for card in _cards(request, words)]
    else:
        matches = [{"value": point.identity, "label": _point_label(point)} for point in _points(request, words)]
    return JsonResponse({"matches": matches[:MOST]})


def _read(request: StaffRequest) -> Question:
    typed = {name: request.GET.get(name, "").strip()[:100] for name in ("card", "charge_point", "customer")}
    typed["at"] = (MomentInput().value_from_datadict(request.GET, None, "at") or "")[:100]
    if typed["customer"] and not typed["card"]:
        typed["card"] = typed["customer"]
    errors: dict[str, str] = {}
    moment = now = timezone.now()
    try:
        moment = read_moment(typed["at"], timezone.get_current_timezone) if typed["at"] else now
    except NotAMoment as wrong:
        errors["at"] = str(wrong)
    cards, points = _cards(request, typed["card"]), _points(request, typed["charge_point"])
    if typed["charge_point"] and not points:
        errors["charge_point"] = "You have no charge point like this: type its identity, its name or its street."
    more = len(cards) > MOST, len(points) > MOST
    matches = cards[:MOST], points[:MOST]
    return Question(typed["card"], typed["charge_point"], typed["at"], *matches, errors, moment, now, *more)


def _cards(request: StaffRequest, words: str) -> list[Any]:
    return _matching(_own_cards(request), CARD_CODES, words, search_cards)


def _points(request: StaffRequest, words: str) -> list[Any]:
    return _matching(_own_points(request), POINT_CODES, words, points_named)


def _own_cards(request: StaffRequest) -> Any:
    return ChargeCard.objects.visible_to(request.user).select_related("customer")


def _own_points(request: StaffRequest) -> Any:
    return ChargePoint.objects.visible_to(request.user).select_related("location", "charge_group")


def _matching(rows: Any, codes: dict[str, type[CodeKey]], words: str, search: Callable[[Any, str], Any]) -> list[Any]:
    """Rows that the words name, one more than is offered at most; those of which they are a code come alone."""
    words = words.replace("\x00", "").strip()
    if not words:
        return []
    for column, key in codes.items():
        code = key.of(words)
        exact = list(rows.filter(**{f"{column}__{key.lookup_name}": code})[: MOST + 1]) if code else []
        if exact:
            return exact
    return list(search(rows, words)[: MOST + 1])


def _card_label(card: ChargeCard) -> str:
    return " · ".join(
        filter(None, [card.visual_number, str(card.customer or "no customer"), card.get_status_display()])
    )


def _point_label(point: ChargePoint) -> str:
    return " · ".join(filter(None, [point.name, str(point.location or "no location"), point.get_status_display()]))


def _answer_context(request: StaffRequest, question: Question, answer: Authorization) -> dict[str, Any]:
    card = question.cards[0] if question.cards else None
    row = answer.facts.row
    reply = answer_for(request.user, answer, own_card=card is not None)
    output = reply.output
    exception = _exception(request, answer) if card else None
    return {
        "answer": output,
        "price": reply.price,
        "tiers": answer.facts.tiers(answer.decision.source) if answer.decision.source else (),
        "allowed": reply.allowed,
        "tariff_name": answer.tariff_name,
        "decided": reply.decided,
        "cause": cause_of(output["reason"], answer.facts.facts),
        "passed": output["steps"][:-1],
        "card": card,
        "customer": reply.customer,
        "point": question.points[0],
        "group": ChargeGroup.objects.visible_to(request.user).filter(pk=row["charge_group"]).first(),
        "past": answer.past,
        "known_from": answer.facts.known_from if answer.not_known_yet and output["known_from"] else None,
        "unrecorded": answer.past and answer.own_card and answer.facts.unrecorded,
        "exception": exception,
        "without": _without(answer, reply.company) if exception and output["reason"].startswith("exception_") else None,
        "remedies": _remedies(request, output["reason"], question.points[0], card, exception),
    }


def _exception(request: StaffRequest, answer: Authorization) -> CustomerException | None:
    rows = CustomerException.objects.visible_to(request.user).select_related("tariff")
    exception: CustomerException | None = rows.filter(pk=answer.facts.row["exception"]).first()
    return exception


def _without(answer: Authorization, company: bool) -> dict[str, Any]:
    decision = answer.without_exception
    price = answer.facts.price_texts(decision.source).for_customer(company=company) if decision.source else ""
    return {"allowed": decision.allowed, "text": decision.access.steps[-1].text, "price": price}


def _remedies(
    request: StaffRequest, reason: str, point: ChargePoint, card: ChargeCard | None, exception: CustomerException | None
) -> list[tuple[str, str]]:
    """Links to what would have to change, nearest first: only to pages that the login may open."""
    group, customer = point.charge_group, card.customer if card else None
    candidates: dict[str, list[tuple[str, Any]]] = {
        "charge_point_not_active": [("Open the charge point", point)],
        "card_not_active": [("Open the card", card), ("Open the customer", customer)],
        "card_not_yet_valid": [("Open the card", card)],
        "card_expired": [("Open the card", card)],
        "customer_blocked": [("Open the customer", customer)],
        "customer_pending": [("Open the customer", customer)],
    }
    nearest = candidates.get(reason, [("Open the charge group", group), ("Open the customer", customer)])
    links = [
        (label, page_of_row(type(row), row.pk))
        for label, row in nearest
        if row is not None and request.user.has_perm(_view(row), row)
    ]
    links[:0] = _cures(request, reason, card, customer)
    if exception is not None and reason.startswith("exception_") and group is not None:
        row = f"?q={customer.number}" if customer is not None else ""
        links.insert(0, ("Open the exception", _page(group, "customers") + row))
    return links


def _cures(
    request: StaffRequest, reason: str, card: ChargeCard | None, customer: models.Model | None
) -> list[tuple[str, str]]:
    """What ends the refusal, where the login may do it to the row as it is now."""
    row = {"card_not_active": card, "customer_blocked": customer, "customer_pending": customer}.get(reason)
    if row is None:
        return []
    page_of: Any = admin.site.get_model_admin(type(row))
    buttons = page_of.action_buttons(request, row)
    return [(f"{each['action'].label}…", each["url"]) for each in buttons if each["action"].primary]


def _view(row: models.Model) -> str:
    return f"{row._meta.app_label}.view_{row._meta.model_name}"


def _page(row: models.Model, view: str) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{view}", args=[row.pk])
