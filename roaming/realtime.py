"""Real-time authorization: the e-MSP is asked about one token at one charge point, and has five seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast, get_args
from urllib.parse import quote

from chargepoints.models import ChargePoint
from roaming.models import PartnerConnection, PartnerToken
from roaming.partner_client import PartnerNotReached, call_partner
from roaming.whitelist import TIMEOUT, Answer

ANSWERS = get_args(Answer)
UNKNOWN = 404
"""HTTP status of an e-MSP that does not know the token."""


def ask_emsp(token: PartnerToken, point: ChargePoint) -> Answer | None:
    """What the e-MSP answers; None where it has no connection or endpoint, or gives no answer that can be read. Never raises."""
    connection = PartnerConnection.objects.filter(
        partner=token.partner_id, state=PartnerConnection.State.REGISTERED
    ).first()
    url = connection.endpoint("tokens", "SENDER") if connection else None
    if connection is None or url is None:
        return None
    url = f"{url.rstrip('/')}/{quote(token.uid, safe='')}/authorize?type={token.type}"
    try:
        data = call_partner(
            connection, "POST", url, token=connection.partner_token, body=_place(point), seconds=TIMEOUT
        ).data
    except PartnerNotReached as error:
        return "NOT_ALLOWED" if error.status == UNKNOWN else None
    allowed = data.get("allowed") if isinstance(data, Mapping) else None
    return cast(Answer, allowed) if allowed in ANSWERS else None


def _place(point: ChargePoint) -> dict[str, Any] | None:
    """LocationReferences, where the point stands at a location."""
    if point.location is None:
        return None
    return {"location_id": point.location.code, "evse_uids": [point.evse_uid]}
