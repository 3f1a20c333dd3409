"""A card and a charge point in one line: "may this card charge here?", answered in place by the rule of the page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from chargepoints.authorization import authorize_many
from chargepoints.login_answer import answer_for
from customers.models import StaffMember
from evcnet.codes import uid_key
from evcnet.site.search.lines import SearchInput, SearchLine, SearchSection, any_code, read_input
from evcnet.site.search.rows import CARDS, FETCHED, POINTS, SearchKind, code_in, places_of_text
from evcnet.together import Reading, read, reading_of, side_by_side

HEADING = "May this card charge here?"
MOST = 3
"""So many answers stand in the box; of more the page asks which card and which charge point."""
JOINING = frozenset({"at", "@", "op", "bij", "aan", "an", "bei", "à", "chez", "->", "→"})
"""Words between a card and a charge point."""
UID = re.compile(r"[0-9A-F]{6,20}")


def question_section(login: StaffMember, typed: SearchInput) -> Iterable[SearchSection]:
    """The answers, or a line that leads to the page where something is still to be chosen. Nothing is kept of it."""
    if len(typed.words) < 2 or not login.has_perm("chargepoints.view_chargepoint"):
        return
    cards, points, words = read(_pair(login, typed))
    if lines := _lines(login, cards, points, words):
        yield SearchSection(HEADING, lines)


def _pair(login: StaffMember, typed: SearchInput) -> Reading[tuple[list[Any], list[Any], list[str]]]:
    """The cards and the charge points that are meant, and the words of each side."""
    all_cards, all_points = CARDS.rows(login), POINTS.rows(login)
    codes = list(typed.codes())
    by_card, by_point = (
        kind.narrow(rows, any_code(codes))[:FETCHED] for kind, rows in ((CARDS, all_cards), (POINTS, all_points))
    )
    yield [by_card, by_point]
    card, exact_cards = _coded(CARDS, codes, by_card)
    point, exact_points = _coded(POINTS, codes, by_point)
    sides = _sides(typed.words, card, point)
    if sides is None:
        return [], [], []
    by_words = side_by_side(
        _cards_of(all_cards, exact_cards, sides[0]), _points_of(login, all_points, exact_points, sides[1])
    )
    cards, points = yield from by_words
    return cards, points, list(sides)


def _coded(kind: SearchKind, codes: list[str], rows: Iterable[Any]) -> tuple[str, list[Any]]:
    """The words that are the code of a row, the longest, and the rows that have it; empty where none is."""
    by_code = {row: code_in(row, kind.codes, codes) for row in rows}
    code = max(by_code.values(), key=len, default="")
    return code, [row for row, own in by_code.items() if own == code != ""]


def _sides(words: list[str], card: str, point: str) -> tuple[str, str] | None:
    """The words of the card, and of the point. By what is a code; else by the word that joins them."""
    if card and point:
        return card, point
    if card or point:
        rest = _without(words, (card or point).split())
        return ((card, rest) if card else (rest, point)) if rest else None
    for place, word in enumerate(words[1:-1], 1):
        if word.lower() in JOINING:
            return " ".join(words[:place]), " ".join(words[place + 1 :])
    return None


def _without(words: list[str], code: list[str]) -> str:
    first = next(place for place in range(len(words)) if words[place : place + len(code)] == code)
    rest = [*words[:first], *words[first + len(code) :]]
    return " ".join(word for word in rest if word.lower() not in JOINING)


def _cards_of(rows: Any, exact: list[Any], text: str) -> Reading[list[Any]]:
    """A customer's number that was typed whole means that customer."""
    if exact:
        return exact
    matches = yield from reading_of(CARDS.narrow(rows, read_input(text).all_parts)[: MOST + 1])
    numbered = [card for card in matches if card.customer and card.customer.number == text]
    return numbered or list(matches)


def _points_of(login: StaffMember, rows: Any, exact: list[Any], text: str) -> Reading[list[Any]]:
    typed = read_input(text)
    if exact or not typed.parts:
        return exact
    places = yield from reading_of(places_of_text(login, typed))
    condition = typed.all_parts | Q(location_id__in=list(places))
    matches = yield from reading_of(POINTS.narrow(rows, condition)[: MOST + 1])
    return list(matches)


def _lines(login: StaffMember, cards: list[Any], points: list[Any], words: list[str]) -> list[SearchLine]:
    if cards and points and len(cards) * len(points) <= MOST:
        return _answers(login, cards, points)
    if cards and points:
        return [SearchLine("Choose card and charge point", "Several match.", _page(*words))]
    if points and UID.fullmatch(uid_key(words[0])):
        # Of a card that is not one's own nothing is told but on the page, where it is kept who asked.
        detail = "None of your cards: ask whether it may charge as a roaming card."
        return [SearchLine(f"{words[0]} at {points[0]}", detail, _page(words[0], points[0].identity))]
    return []


def _answers(login: StaffMember, cards: list[Any], points: list[Any]) -> list[SearchLine]:
    pairs, now = [(card, point) for card in cards for point in points], timezone.now()
    answers = authorize_many([(card.uid, point.identity, now) for card, point in pairs], now=now)
    lines = []
    for (card, point), answer in zip(pairs, answers, strict=True):
        reply = answer_for(login, answer, own_card=True)
        verdict, tone = ("YES", "yes") if reply.allowed else ("NO", "no")
        place = f"{point} ({point.location})" if point.location else str(point)
        detail = f"{reply.decided['text']} {'Pays ' + reply.price + '.' if reply.price else ''}".strip()
        title = f"{verdict}: {card.uid} of {card.customer or 'nobody'} at {place}"
        lines.append(SearchLine(title, detail, _page(card.uid, point.identity), tone=tone))
    return lines


def _page(card: str, charge_point: str) -> str:
    return reverse("admin:may_charge") + "?" + urlencode({"card": card, "charge_point": charge_point})
