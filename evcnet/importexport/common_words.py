"""Words by which other programs and spreadsheets say what a cell with choices holds, in English, Dutch, German and French.

By the value here. A word counts where that value is one of the column's choices, and means no other of them.
"""

from __future__ import annotations

from collections import defaultdict

from django.db import models

from evcnet.text import compact

COMMON_WORDS = {
    "en": "english, engels, englisch, anglais, en-gb, en-us, eng",
    "nl": "dutch, nederlands, niederländisch, holländisch, néerlandais, nl-nl, nl-be, nld",
    "de": "german, deutsch, duits, allemand, de-de, de-at, de-ch, deu, ger",
    "fr": "french, français, frans, französisch, fr-fr, fr-be, fr-ch, fra, fre",
    "private": "private individual, person, individual, particulier, privé, privépersoon, privat, privatperson, privatkunde, "
    "personne privée",
    "company": "business, organisation, organization, bedrijf, zakelijk, firma, onderneming, unternehmen, gewerblich, "
    "geschäftskunde, entreprise, société, professionnel",
    "employee": "staff, medewerker, werknemer, mitarbeiter, angestellter, employé, salarié, collaborateur",
    "subscription": "subscriber, invoice, abonnement, abo, op rekening, auf rechnung, abonné, sur facture",
    "prepaid": "pre-paid, direct payment, directe betaling, vooruitbetaald, direktzahlung, vorausbezahlt, prépayé, "
    "paiement direct",
    "pending": "waits for approval, waiting, requested, in afwachting, wacht op goedkeuring, aangevraagd, ausstehend, wartet, "
    "beantragt, en attente, demandé",
    "active": "enabled, actief, aktiv, actif, activé",
    "inactive": "inactief, niet actief, inaktiv, nicht aktiv, inactif, non actif",
    "blocked": "geblokkeerd, blokkeerd, gesperrt, blockiert, bloqué",
    "deactivated": "disabled, gedeactiveerd, uitgeschakeld, deaktiviert, désactivé",
    "out_of_service": "out of order, defective, defect, buiten dienst, buiten gebruik, defekt, außer betrieb, hors service",
    "policy": "by the policy, volgens beleid, nach richtlinie, selon la politique",
    "allowed": "allow, toegestaan, erlaubt, zugelassen, autorisé, permis",
    "denied": "deny, refused, geweigerd, verweigert, abgelehnt, refusé",
    "home": "home charger, thuis, zuhause, zu hause, à domicile, domicile",
    "other": "overig, anders, andere, sonstige, sonstiges, autre",
    "RFID": "card, kaart, laadpas, karte, ladekarte, carte, badge",
    "APP_USER": "app user, app-gebruiker, app-nutzer, application",
    "OTHER": "overig, anders, andere, sonstige, sonstiges, autre",
}


def words_of(choices: type[models.TextChoices]) -> dict[str, str]:
    """The value that each word means, by the word as it is compared: values, what the portal calls them, common words."""
    meanings: dict[str, set[str]] = defaultdict(set)
    for choice in choices:
        for word in (choice.value, str(choice.label), *COMMON_WORDS.get(choice.value, "").split(",")):
            meanings[compact(word)].add(choice.value)
    return {word: values.pop() for word, values in meanings.items() if word and len(values) == 1}
