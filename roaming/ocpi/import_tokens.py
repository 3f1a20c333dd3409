"""Import of OCPI tokens of one partner from a file: new, updated, unchanged or invalid, each counted once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from evcnet.datetimes import database_clock
from evcnet.importexport.report import Report
from roaming.models import Partner
from roaming.ocpi.token_object import TokenObject, parse_token
from roaming.token_intake import IncomingToken, Key, take_tokens, tokens_of_others


def import_tokens(partner: Partner, objects: Sequence[Any]) -> Report:
    """Let the partner's tokens say what the objects say, within the caller's transaction. Others are left as they are."""
    report = Report("tokens")
    now = database_clock()
    parsed = [parse_token(each, number, partner) for number, each in enumerate(objects, 1)]
    good = _good(parsed, report)
    for token in good:
        if token.last_updated > now:
            report.warn(token.id, "last_updated", "It lies in the future: the time of the import counts.")
    outcomes = take_tokens(partner, [IncomingToken(token.values) for token in good], now)
    counts = Counter(outcomes)
    report.new, report.updated = counts["new"], counts["updated"]
    report.unchanged = counts["unchanged"] + counts["outdated"]
    for token, outcome in zip(good, outcomes, strict=True):
        if outcome == "outdated":
            report.warn(token.id, "last_updated", "The stored token is newer, and is left as it is.")
    _warn_of_others(partner, good, report)
    return report


def _good(parsed: Sequence[TokenObject], report: Report) -> list[TokenObject]:
    """Those without a problem; one whose key occurred earlier in the file has one."""
    good, keys = [], set[Key]()
    for token in parsed:
        if token.problems:
            report.refuse(token.id, token.problems)
        elif (key := IncomingToken(token.values).key) in keys:
            report.refuse_for(
                token.id, "uid", "The same uid and type stand earlier in the file: leave one of them out."
            )
        else:
            keys.add(key)
            good.append(token)
    return good


def _warn_of_others(partner: Partner, tokens: Sequence[TokenObject], report: Report) -> None:
    by_key = {IncomingToken(token.values).key[0]: token for token in tokens}
    for key, name in tokens_of_others(partner, by_key).items():
        words = f"{name} vouches for this uid as well: while both have an agreement, nobody can charge with it."
        report.warn(by_key[key].id, "uid", words)
