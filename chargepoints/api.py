"""API: POST /api/v1/authorize, the decision for a provider's back end."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from chargepoints.authorization import authorize_at
from chargepoints.decision_log import Asker, keep_decision, keep_unknown_point
from customers.api_authentication import authenticate_key
from customers.models import Provider
from evcnet.datetimes import NotAMoment, read_moment
from roaming.asking import asked_if_need_be

FIELDS = {"card", "charge_point", "at"}
LONGEST = 64


class BadRequest(ValueError):
    """``fields`` maps each wrong field to what is wrong with it."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("bad request")
        self.fields = fields


@csrf_exempt
@require_POST
def authorize_card(request: HttpRequest) -> JsonResponse:
    """POST /api/v1/authorize {"card", "charge_point", "at"}: the decision, for the provider whose key is sent."""
    holder = authenticate_key(request.headers.get("Authorization", ""))
    if holder is None:
        refusal = JsonResponse({"error": "Send a valid key: Authorization: Token <key>."}, status=401)
        refusal["WWW-Authenticate"] = "Token"
        return refusal
    if holder.over_limit:
        refusal = JsonResponse({"error": "Too many requests with this key: try again in the next minute."}, status=429)
        refusal["Retry-After"] = str(60 - timezone.now().second)
        return refusal
    now = timezone.now()
    try:
        card, point, at = _read(request.body, holder.provider, now)
    except BadRequest as wrong:
        return JsonResponse({"errors": wrong.fields}, status=400)
    answer = authorize_at(card, point, at, now=now)
    asker = Asker("api", holder.provider, api_key=holder.key)
    if answer.facts.row["point_provider"] != holder.provider:
        keep_unknown_point(answer, asker)
        return JsonResponse({"error": "You have no charge point with this identity."}, status=404)
    if at == now:
        answer = asked_if_need_be(answer)
    output = answer.as_provider_json(steps=request.GET.get("explain") == "1")
    keep_decision(answer, asker, output)
    return JsonResponse(output)


def _read(body: bytes, provider: int, now: datetime) -> tuple[str, str, datetime]:
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest({"body": "Send a JSON object."}) from None
    if not isinstance(sent, dict):
        raise BadRequest({"body": "Send a JSON object."})
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
