"""The partners of a provider in a list: what was agreed, how many tokens, how they are connected."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from customers.models import Provider
from roaming.models import Agreement, Partner, PartnerToken


def partner_list(provider: Provider, at: datetime) -> list[dict[str, Any]]:
    """One query, whatever the number of partners and tokens."""
    in_force = Agreement.objects.in_force(at).filter(partner=OuterRef("pk"))
    tokens = PartnerToken.objects.filter(partner=OuterRef("pk")).order_by().values("partner").annotate(many=Count("pk"))
    rows = Partner.objects.filter(provider=provider).annotate(
        agreement_from=Subquery(in_force.values("valid_from")[:1]),
        tariff=Subquery(in_force.values("tariff__code")[:1]),
        tokens_held=Coalesce(Subquery(tokens.values("many")), 0),
    )
    return [
        {
            "partner": row.code,
            "name": row.name,
            "role": row.role,
            "agreement_from": row.agreement_from and row.agreement_from.isoformat(),
            "tariff": row.tariff,
            "tokens": row.tokens_held,
            "connection": row.connection.state if hasattr(row, "connection") else None,
        }
        for row in rows.select_related("connection").order_by("country_code", "party_id")
    ]
