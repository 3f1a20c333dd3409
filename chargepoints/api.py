"""API: POST /api/v1/authorize and .../batch, the decisions for a provider's back end."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from chargepoints.authorization import Authorization, authorize_at, authorize_many
from chargepoints.authorization_facts import Question
from chargepoints.decision_log import Asker, keep_decision, keep_unknown_point
from customers.api_authentication import AuthenticatedKey, authenticate_key
from customers.models import Provider
from evcnet.datetimes import NotAMoment, read_moment
from evcnet.keyed_requests import takes_keys
from roaming.asking import as_if_unanswered, asked_if_need_be

FIELDS = {"card", "charge_point", "at"}
LONGEST = 64
MOST_ITEMS = 1_000
NO_SUCH_POINT = "You have no charge point with this identity."

View = Callable[[HttpRequest, AuthenticatedKey], JsonResponse]


class BadRequest(ValueError):
    """``fields`` maps each wrong field to what is wrong with it."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("bad request")
        self.fields = fields


def for_key_holders(view: View) -> Callable[[HttpRequest], JsonResponse]:
    """A view that answers POST with a valid key within its rate: 401, 429, and 400 for a BadRequest that it raises."""

    @takes_keys
    @csrf_exempt
    @require_POST
    @wraps(view)
    def checked(request: HttpRequest) -> JsonResponse:
        holder = authenticate_key(request.headers.get("Authorization", ""))
        if holder is None:
            refusal = JsonResponse({"error": "Send a valid key: Authorization: Token <key>."}, status=401)
            refusal["WWW-Authenticate"] = "Token"
            return refusal
        if holder.over_limit:
            refusal = JsonResponse(
                {"error": "Too many requests with this key: try again in the next minute."}, status=429
            )
            refusal["Retry-After"] = str(60 - timezone.now().second)
            return refusal
        try:
            return view(request, holder)
        except BadRequest as wrong:
            return JsonResponse({"errors": wrong.fields}, status=400)

    return checked


@for_key_holders
def authorize_card(request: HttpRequest, holder: AuthenticatedKey) -> JsonResponse:
    """POST /api/v1/authorize {"card", "charge_point", "at"}: the decision, for the provider whose key is sent."""
    now = timezone.now()
    card, point, at = _question(_object(request.body), holder.provider, now)
    answer = authorize_at(card, point, at, now=now)
    own = answer.facts.row["point_provider"] == holder.provider
    output = _output(asked_if_need_be(answer) if own and at == now else answer, holder, steps=_explained(request))
    return JsonResponse(output or {"error": NO_SUCH_POINT}, status=200 if output else 404)


@for_key_holders
def authorize_batch(request: HttpRequest, holder: AuthenticatedKey) -> JsonResponse:
    """POST /api/v1/authorize/batch {"items": [...]}: the decisions in their order, an error in place of an item that has one.

    Counts as one request of the key.
    """
    now, items = timezone.now(), _items(_object(request.body))
    answers: list[dict[str, Any]] = [{} for _ in items]
    questions: dict[int, Question] = {}
    for place, item in enumerate(items):
        try:
            questions[place] = _question(item, holder.provider, now)
        except BadRequest as wrong:
            answers[place] = {"error": " ".join(f"{name}: {why}" for name, why in wrong.fields.items())}
    decided = zip(questions, authorize_many(list(questions.values()), now=now), strict=True)
    for place, stored in decided:
        answer = as_if_unanswered(stored) if stored.at == now else stored
        answers[place] = _output(answer, holder, steps=_explained(request)) or {"error": NO_SUCH_POINT}
    return JsonResponse({"items": answers})


def _explained(request: HttpRequest) -> bool:
    return request.GET.get("explain") == "1"


def _output(answer: Authorization, holder: AuthenticatedKey, *, steps: bool) -> dict[str, Any] | None:
    """What the key's provider is told, and kept; None where the charge point is not its own."""
    asker = Asker("api", holder.provider, api_key=holder.key)
    if answer.facts.row["point_provider"] != holder.provider:
        keep_unknown_point(answer, asker)
        return None
    output = answer.as_provider_json(steps=steps)
    keep_decision(answer, asker, output)
    return output


def _object(body: bytes) -> dict[str, Any]:
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        sent = None
    if not isinstance(sent, dict):
        raise BadRequest({"body": "Send a JSON object."})
    return sent


def _items(sent: dict[str, Any]) -> list[Any]:
    items = sent.get("items")
    if wrong := {str(name): "There is no such field." for name in sent.keys() - {"items"}}:
        raise BadRequest(wrong)
    if not isinstance(items, list):
        raise BadRequest({"items": "Required: a list of objects with card and charge_point."})
    if len(items) > MOST_ITEMS:
        raise BadRequest({"items": f"At most {MOST_ITEMS:,} at once: these are {len(items):,}."})
    return items


def _question(sent: Any, provider: int, now: datetime) -> Question:
    if not isinstance(sent, dict):
        raise BadRequest({"item": "Send a JSON object."})
    wrong = {str(name): "There is no such field." for name in sent.keys() - FIELDS}
    card, point = _text(sent, "card", wrong), _text(sent, "charge_point", wrong)
    at = _moment(sent["at"], provider, wrong) if sent.get("at") is not None else now
    if wrong or at is None:
        raise BadRequest(wrong)
    return card, point, at


def _text(sent: dict[str, Any], name: str, wrong: dict[str, str]) -> str:
    value = sent.get(name)
    if not isinstance(value, str) or not value.strip():
        wrong[name] = "Required: a text."
    elif len(value) > LONGEST:
        wrong[name] = f"At most {LONGEST} characters."
    elif "\x00" in value or not value.isprintable():
        wrong[name] = "Only printable characters."
    else:
        return value
    return ""


def _moment(value: Any, provider: int, wrong: dict[str, str]) -> datetime | None:
    try:
        if not isinstance(value, str):
            raise NotAMoment("A text in ISO 8601, such as 2026-12-01T09:00+01:00.")
        return read_moment(value, lambda: Provider.objects.get(pk=provider).zone)
    except NotAMoment as reason:
        wrong["at"] = str(reason)
        return None
