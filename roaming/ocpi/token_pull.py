"""Pull of a partner's tokens: page after page from its own endpoint, as its links lead, each page written by one statement."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from urllib.parse import urlencode, urljoin, urlsplit

from evcnet.datetimes import database_clock
from roaming.models import PartnerConnection
from roaming.ocpi.token_object import parse_token
from roaming.partner_client import PartnerNotReached, call_partner
from roaming.token_intake import IncomingToken, take_tokens
from tariffs.ocpi.fields import format_moment

MOST_PAGES = 20_000
_NEXT = re.compile(r'<([^>]*)>\s*;\s*rel="?next"?', re.IGNORECASE)


def pull_tokens(connection: PartnerConnection, since: datetime | None = None) -> Counter[str]:
    """All tokens of the partner, or those changed since a moment; how many of each outcome. Raises PartnerNotReached.

    What makes no sense is left out and counted as invalid; what was read before an error stays.
    """
    counts: Counter[str] = Counter()
    url = connection.endpoint("tokens", "SENDER")
    if url is not None and since is not None:
        url = f"{url}?{urlencode({'date_from': format_moment(since)})}"
    for _ in range(MOST_PAGES):
        if url is None:
            break
        answer = call_partner(connection, "GET", url, token=connection.partner_token, seconds=60)
        if not isinstance(answer.data, list):
            raise PartnerNotReached("What it lists as tokens is no list.")
        counts += _take(connection, answer.data)
        url = _next_page(url, answer.headers.get("Link", ""))
    return counts


def _take(connection: PartnerConnection, page: list[object]) -> Counter[str]:
    partner = connection.partner
    parsed = [parse_token(each, number, partner) for number, each in enumerate(page, 1)]
    good = [IncomingToken(each.values) for each in parsed if not each.problems]
    counts: Counter[str] = Counter(take_tokens(partner, good, database_clock()) if good else [])
    counts["invalid"] += len(parsed) - len(good)
    return counts


def _next_page(url: str, link: str) -> str | None:
    """The token is sent along, so a page lies at the host that the partner named itself."""
    match = _NEXT.search(link)
    following: str | None = urljoin(url, match[1]) if match else None
    if following is None or following == url or urlsplit(following)[:2] != urlsplit(url)[:2]:
        return None
    return following
