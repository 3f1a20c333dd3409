"""Customers of the demo with their cards, all made up, the same each time."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any

from django.utils import timezone

from customers.models import ChargeCard, Customer, UserGroup
from devtools.demo.tenants import Tenants

FIRST_NAMES = {
    "nl": "Anouk Bram Carlijn Daan Esmee Floor Gijs Hanneke Ilse Joost Koen Lotte Marit Niels Pieter Roos Sanne Teun",
    "en": "Alice Benjamin Charlotte Daniel Emily Fraser Grace Harry Imogen Jack Laura Oliver Rachel Thomas",
    "de": "Anja Bernd Claudia Dieter Elke Friedrich Greta Holger Ines Jürgen Katrin Lukas Monika Uwe",
    "fr": "Amélie Baptiste Camille Denis Élodie François Gaëlle Hugo Inès Julien Léa Mathieu Noémie Rémi",
}
LAST_NAMES = {
    "nl": "Bakker|de Boer|Bos|van Dijk|Dekker|Hendriks|Jansen|de Jong|Kok|Kuipers|Meijer|Mulder|van der Meer|Peters"
    "|Schouten|Smit|Visser|Vos|de Vries|de Wit",
    "en": "Baker|Carter|Dixon|Evans|Foster|Green|Hughes|Miller|Palmer|Reed|Taylor|Walker|Young",
    "de": "Bauer|Becker|Fischer|Hoffmann|Keller|Koch|Krüger|Lehmann|Möller|Schäfer|Vogel|Weber|Zimmermann",
    "fr": "Bernard|Blanc|Dubois|Fontaine|Garnier|Girard|Lambert|Laurent|Leroy|Moreau|Petit|Rousseau|Simon",
}
LANGUAGES = {"nl": 60, "en": 15, "de": 15, "fr": 10}
STATUSES = {"active": 88, "pending": 6, "blocked": 3, "deactivated": 3}


class People:
    """Makes people one after the other; the same ``seed`` makes the same people."""

    def __init__(self, seed: int, prefix: str) -> None:
        self.chance = Random(seed)
        self.prefix = prefix
        self.numbers = count(100_001)
        self.printed = count(1)
        self.taken: set[str] = set()

    def customers(self, user_group: UserGroup, many: int) -> Iterator[Customer]:
        for _ in range(many):
            language = self._choose(LANGUAGES)
            name = self._name(language)
            yield Customer(
                provider_id=user_group.provider_id,
                user_group=user_group,
                number=str(number := next(self.numbers)),
                name=name,
                email=f"{_plain(name)}.{number}@example.org",
                language=language,
                payment="prepaid" if self.chance.random() < 0.15 else "subscription",
                status=self._choose(STATUSES),
            )

    def cards(self, customer: Customer) -> Iterator[ChargeCard]:
        """One or two; most are good, some have expired, are not valid yet or were blocked."""
        for _ in range(1 if self.chance.random() < 0.7 else 2):
            card = self.card(customer)
            card.status = "active" if self.chance.random() < 0.94 else "deactivated"
            card.roaming = customer.payment != "prepaid" and self.chance.random() < 0.4
            today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
            fate = self.chance.random()
            if fate < 0.05:
                card.valid_until = today - timedelta(days=self.chance.randint(1, 300))
            elif fate < 0.30:
                card.valid_until = today + timedelta(days=self.chance.randint(100, 1200))
            elif fate < 0.32:
                card.valid_from = today + timedelta(days=self.chance.randint(2, 20))
            yield card

    def card(self, customer: Customer | None = None, **fields: Any) -> ChargeCard:
        printed = next(self.printed)
        uid = f"04{self.chance.getrandbits(48):012X}"
        visual_number = f"NL-{self.prefix}-C{printed:06d}-{printed % 9 + 1}"
        provider_id = customer.provider_id if customer else None
        given = {"provider_id": provider_id, "customer": customer, "uid": uid, "visual_number": visual_number}
        return ChargeCard(**(given | fields))

    def _choose(self, weights: dict[str, int]) -> str:
        return self.chance.choices(list(weights), list(weights.values()))[0]

    def _name(self, language: str) -> str:
        """Two people of the same name would be hard to tell apart."""
        while True:
            first = self.chance.choice(FIRST_NAMES[language].split())
            last = self.chance.choice(LAST_NAMES[language].split("|"))
            initial = self.chance.choice("ABCDEFGHJKLMNPRSTW")
            name = f"{first} {initial}. {last}"
            if name not in self.taken:
                self.taken.add(name)
                return name


def _plain(name: str) -> str:
    """Letters of an e-mail address: without accents, spaces and full stops."""
    letters = unicodedata.normalize("NFKD", name.lower())
    return "".join(letter for letter in letters if letter.isascii() and letter.isalpha())


def make_people(tenants: Tenants) -> None:
    """Customers of all user groups with their cards, and cards that nobody has yet."""
    greengrid, bluevolt = People(2026, "GRG"), People(1999, "BLV")
    company = Customer.objects.create(
        provider=tenants.greengrid,
        user_group=tenants.waterland,
        number="100000",
        kind="company",
        name="Waterland B.V.",
        email="facilities@waterland.example",
        language="nl",
    )
    employees = list(greengrid.customers(tenants.waterland, 45))
    for employee in employees:
        employee.kind, employee.payment = Customer.Kind.EMPLOYEE, Customer.Payment.SUBSCRIPTION
    people = [*employees, *greengrid.customers(tenants.north, 170), *greengrid.customers(tenants.south, 95)]
    Customer.objects.bulk_create(people)
    others = Customer.objects.bulk_create(bluevolt.customers(tenants.harbour, 12))
    stock = [greengrid.card(provider_id=tenants.greengrid.pk) for _ in range(12)]
    cards = [card for person in (company, *people) for card in greengrid.cards(person)]
    ChargeCard.objects.bulk_create([*cards, *stock, *(card for person in others for card in bluevolt.cards(person))])
