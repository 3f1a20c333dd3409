"""The words of a price on one line, in the four languages of customers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from .tariff import Dimension

DIMENSION_NAMES: Final[Mapping[Dimension, str]] = {
    "ENERGY": "energy",
    "TIME": "charging time",
    "PARKING_TIME": "parked time (idle fee)",
    "FLAT": "the start fee",
}
_POINT: Final = re.compile(r"(?<=\d)\.(?=\d)")


@dataclass(frozen=True, slots=True)
class PriceWords:
    """``excl`` and ``incl`` hold {rate}, a percentage or nothing. ``comma``: the decimal sign is one."""

    units: Mapping[Dimension, str]
    per_hour: str
    free: str
    nothing: str
    at_least: str
    at_most: str
    up_to: str
    to: str
    at_times: str
    excl: str
    incl: str
    vat_not_stated: str
    reservation: str
    comma: bool = True

    def vat(self, rate: str, *, included: bool) -> str:
        return " ".join((self.incl if included else self.excl).format(rate=rate).split())

    def numbers(self, text: str) -> str:
        return _POINT.sub(",", text) if self.comma else text


def _units(charging: str, parking: str, session: str) -> Mapping[Dimension, str]:
    return {"ENERGY": "/kWh", "TIME": charging, "PARKING_TIME": parking, "FLAT": session}


ENGLISH: Final = PriceWords(
    units=_units("/min charging", "/min parking", " per session"),
    per_hour="/h",
    free="Free of charge",
    nothing="No price for a session",
    at_least="at least",
    at_most="at most",
    up_to="up to",
    to="to",
    at_times="at times",
    excl="excl. {rate} VAT",
    incl="incl. {rate} VAT",
    vat_not_stated="VAT not stated",
    reservation="a reservation costs extra",
    comma=False,
)

PRICE_WORDS: Final[Mapping[str, PriceWords]] = {
    "en": ENGLISH,
    "nl": PriceWords(
        units=_units("/min laden", "/min parkeren", " per sessie"),
        per_hour="/uur",
        free="Gratis",
        nothing="Geen prijs voor een sessie",
        at_least="minimaal",
        at_most="maximaal",
        up_to="tot",
        to="tot",
        at_times="onder voorwaarden",
        excl="excl. {rate} btw",
        incl="incl. {rate} btw",
        vat_not_stated="btw niet vermeld",
        reservation="een reservering kost extra",
    ),
    "de": PriceWords(
        units=_units("/Min. Laden", "/Min. Parken", " pro Ladevorgang"),
        per_hour="/Std.",
        free="Kostenlos",
        nothing="Kein Preis für einen Ladevorgang",
        at_least="mindestens",
        at_most="höchstens",
        up_to="bis zu",
        to="bis",
        at_times="unter Bedingungen",
        excl="ohne {rate} MwSt.",
        incl="inkl. {rate} MwSt.",
        vat_not_stated="MwSt. nicht angegeben",
        reservation="eine Reservierung kostet extra",
    ),
    "fr": PriceWords(
        units=_units("/min de recharge", "/min de stationnement", " par session"),
        per_hour="/h",
        free="Gratuit",
        nothing="Aucun prix pour une session",
        at_least="au moins",
        at_most="au plus",
        up_to="jusqu'à",
        to="à",
        at_times="sous conditions",
        excl="hors TVA {rate}",
        incl="TVA {rate} comprise",
        vat_not_stated="TVA non précisée",
        reservation="une réservation coûte un supplément",
    ),
}
