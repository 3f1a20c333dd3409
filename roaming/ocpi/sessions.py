"""Endpoints of sessions and CDRs, sender: those of the partner's own tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from chargepoints.models import Rating
from evcnet.codes import uid_key
from roaming.ocpi.cdr_object import cdr_object
from roaming.ocpi.descriptions import PAGE, described
from roaming.ocpi.pagination import PageQuery, paged_objects
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
        over = changed_within(sessions_of(self.partner), "changed_at", *bounds).order_by("pk")
        now = changed_within(running(self.partner), "last_message_at", *bounds).order_by("pk")
        ids = [("over", pk) for pk in over.values_list("pk", flat=True)]
        ids += [("now", pk) for pk in now.values_list("pk", flat=True)]
        response = paged_objects(request, ids, query)
        response.data["data"] = self._written(over, now, response.data["data"])
        return response

    def _written(self, over: Any, now: Any, page: Sequence[tuple[str, int]]) -> list[dict[str, Any]]:
        sessions = list(_with_point(over.filter(pk__in=[pk for kind, pk in page if kind == "over"])))
        runs = list(_with_point(now.filter(pk__in=[pk for kind, pk in page if kind == "now"])))
        tokens = tokens_by_key(self.partner, [each.card_uid for each in (*sessions, *runs)])
        rated = {each.session_id: each for each in Rating.objects.counting().filter(session__in=sessions)}
        written = [
            session_object(each, rated.get(each.pk), tokens[uid_key(each.card_uid)], self.version) for each in sessions
        ]
        return written + [running_object(each, tokens[uid_key(each.card_uid)]) for each in runs]


class CdrList(OcpiView):
    @extend_schema(parameters=PAGE, responses=described(CdrSerializer, many=True))
    def get(self, request: Request) -> Response:
        """CDRs by when they were made; a correction is a credit CDR of the former one and a new one."""
        query = PageQuery.of(request)
        rows = changed_within(ratings_of(self.partner), "created_at", query.date_from, query.date_to)
        ids = [
            (pk, is_credit)
            for pk, number in rows.values_list("pk", "number")
            for is_credit in ((True, False) if number > 1 else (False,))
        ]
        response = paged_objects(request, ids, query)
        response.data["data"] = self._written(response.data["data"])
        return response

    def _written(self, page: Sequence[tuple[int, bool]]) -> list[dict[str, Any]]:
        page_rows = _with_session(Rating.objects.filter(pk__in=[pk for pk, _ in page]))
        by_pk = {each.pk: each for each in page_rows}
        sessions = {each.session_id for each in by_pk.values()}
        all_rows = _with_session(Rating.objects.filter(session__in=sessions))
        by_number = {(each.session_id, each.number): each for each in all_rows}
        tokens = tokens_by_key(self.partner, [each.session.card_uid for each in by_pk.values()])
        written = []
        for pk, is_credit in page:
            rating = by_pk[pk]
            token = tokens[uid_key(rating.session.card_uid)]
            if is_credit:
                former = by_number[rating.session_id, rating.number - 1]
                written.append(cdr_object(former, token, self.version, corrected_by=rating))
            else:
                written.append(cdr_object(rating, token, self.version))
        return written


def _with_point(rows: Any) -> Any:
    return rows.select_related("provider", *WITH_POINT).prefetch_related("charge_point__connectors").order_by("pk")


def _with_session(rows: Any) -> Any:
    related = [f"session__{name}" for name in ("provider", "charge_point__location")]
    related += ["tariff_version__tariff"]
    return rows.select_related(*related).prefetch_related(
        "session__charge_point__connectors", "tariff_version__elements"
    )
