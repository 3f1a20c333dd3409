"""Endpoints of sessions and CDRs, sender: those of the partner's own tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from chargepoints.models import Rating, Session
from evcnet.codes import uid_key
from gateway.models import Transaction
from roaming.ocpi.cdr_object import cdr_object
from roaming.ocpi.descriptions import PAGE, described
from roaming.ocpi.pagination import PageQuery, page_response, paged_in_turn
from roaming.ocpi.partner_sessions import (
    WITH_POINT,
    changed_within,
    ratings_of,
    running,
    sessions_of,
    tokens_by_key,
)
from roaming.ocpi.serializers.sessions import CdrSerializer, SessionSerializer
from roaming.ocpi.session_object import running_object, session_object
from roaming.ocpi.views import OcpiView


class SessionList(OcpiView):
    @extend_schema(parameters=PAGE, responses=described(SessionSerializer, many=True))
    def get(self, request: Request) -> Response:
        """Sessions, those that still run too, by their latest change."""
        query = PageQuery.of(request)
        bounds = query.date_from, query.date_to
        over = changed_within(sessions_of(self.partner), "changed_at", *bounds).select_related("transaction")
        now = changed_within(running(self.partner), "last_message_at", *bounds)
        return paged_in_turn(request, [_with_point(over), _with_point(now)], self._written, query)

    def _written(self, page: Sequence[Session | Transaction]) -> list[dict[str, Any]]:
        tokens = tokens_by_key(self.partner, [each.card_uid for each in page])
        sessions = [each for each in page if isinstance(each, Session)]
        rated = {each.session_id: each for each in Rating.objects.counting().filter(session__in=sessions)}
        return [
            session_object(each, rated.get(each.pk), tokens[uid_key(each.card_uid)], self.version)
            if isinstance(each, Session)
            else running_object(each, tokens[uid_key(each.card_uid)])
            for each in page
        ]


class CdrList(OcpiView):
    @extend_schema(parameters=PAGE, responses=described(CdrSerializer, many=True))
    def get(self, request: Request) -> Response:
        """CDRs by when they were made; a correction is a credit CDR of the former one and a new one."""
        query = PageQuery.of(request)
        rows = changed_within(ratings_of(self.partner), "created_at", query.date_from, query.date_to).order_by()
        total = rows.count() + rows.filter(number__gt=1).count()
        keys = _keys(rows, query.after)
        page = list(keys[: query.limit] if query.after is not None else keys[query.offset : query.offset + query.limit])
        last = page[-1]["key"] if page else None
        return page_response(request, query, self._written(page), total, last=last, rows=len(page))

    def _written(self, page: Sequence[dict[str, int]]) -> list[dict[str, Any]]:
        by_pk = {each.pk: each for each in _with_session(Rating.objects.filter(pk__in=[each["pk"] for each in page]))}
        sessions = {each.session_id for each in by_pk.values()}
        all_rows = _with_session(Rating.objects.filter(session__in=sessions))
        by_number = {(each.session_id, each.number): each for each in all_rows}
        tokens = tokens_by_key(self.partner, [each.session.card_uid for each in by_pk.values()])
        written = []
        for key in page:
            rating = by_pk[key["pk"]]
            token = tokens[uid_key(rating.session.card_uid)]
            if key["key"] == rating.pk * 2:
                former = by_number[rating.session_id, rating.number - 1]
                written.append(cdr_object(former, token, self.version, corrected_by=rating))
            else:
                written.append(cdr_object(rating, token, self.version))
        return written


def _keys(rows: Any, after: int | None) -> Any:
    """The ids of ratings, in their order and as often as they have a CDR, each with a key of the CDR: even for the credit CDR
    of the former rating, which comes first, odd for its own. Those behind the key ``after`` alone, where it is given."""
    credits, own = rows.filter(number__gt=1), rows
    if after is not None:
        credits, own = credits.filter(pk__gt=after // 2), own.filter(pk__gt=(after - 1) // 2)
    credits, own = (each.annotate(key=F("pk") * 2 + odd).values("pk", "key") for each, odd in ((credits, 0), (own, 1)))
    return credits.union(own, all=True).order_by("key")


def _with_point(rows: Any) -> Any:
    return rows.select_related("provider", *WITH_POINT).prefetch_related("charge_point__connectors")


def _with_session(rows: Any) -> Any:
    related = [f"session__{name}" for name in ("provider", "charge_point__location", "transaction")]
    related += ["tariff_version__tariff"]
    return rows.select_related(*related).prefetch_related(
        "session__charge_point__connectors", "tariff_version__elements"
    )
