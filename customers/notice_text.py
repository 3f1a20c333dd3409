"""Texts of notices in the four languages of customers. Each language has the same keys and placeholders.

In French a no-break space stands before a colon.
"""

from __future__ import annotations

from datetime import datetime, time

from babel.dates import format_date

_LOCALES = {"en": "en_GB"}
"""By language, where it is not the language itself: the day stands before the month."""

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "subject": "{provider}: charging changes from {moment}",
        "subject_cancelled": "{provider}: the announced change does not take place",
        "subject_reminder": "{provider}: reminder, charging changes from {moment}",
        "date_and_time": "{date}, {time} ({zone})",
        "greeting": "Dear {name},",
        "announced": "From {moment} something changes at:",
        "reminder": "As we announced, from {moment} something changes at:",
        "cancelled": "We told you that from {moment} something would change at the places below. It does not take place: all stays as it is.",
        "and_more": "and {count} more",
        "loses_access": "From then on you can no longer charge there.",
        "gains_access": "From then on you can charge there.",
        "pays_more": "The price goes up.",
        "pays_less": "The price goes down.",
        "differs": "The price changes: some sessions cost more, others less.",
        "renamed": "Your tariff gets another name. The price stays the same.",
        "before": "Until then: {price}",
        "after": "From then on: {price}",
        "phone": "Telephone: {phone}",
        "price": "Price: {price}",
        "closing": "Kind regards,",
    },
    "nl": {
        "subject": "{provider}: laden verandert vanaf {moment}",
        "subject_cancelled": "{provider}: de aangekondigde wijziging gaat niet door",
        "subject_reminder": "{provider}: herinnering, laden verandert vanaf {moment}",
        "date_and_time": "{date} om {time} uur ({zone})",
        "greeting": "Beste {name},",
        "announced": "Vanaf {moment} verandert er iets bij:",
        "reminder": "Zoals aangekondigd verandert er vanaf {moment} iets bij:",
        "cancelled": "Wij schreven u dat er vanaf {moment} iets zou veranderen bij de locaties hieronder. Dat gaat niet door: alles blijft zoals het is.",
        "and_more": "en nog {count}",
        "loses_access": "Vanaf dan kunt u daar niet meer laden.",
        "gains_access": "Vanaf dan kunt u daar laden.",
        "pays_more": "De prijs gaat omhoog.",
        "pays_less": "De prijs gaat omlaag.",
        "differs": "De prijs verandert: sommige sessies worden duurder, andere goedkoper.",
        "renamed": "Uw tarief krijgt een andere naam. De prijs blijft gelijk.",
        "before": "Tot dan: {price}",
        "after": "Vanaf dan: {price}",
        "phone": "Telefoon: {phone}",
        "price": "Prijs: {price}",
        "closing": "Met vriendelijke groet,",
    },
    "de": {
        "subject": "{provider}: Änderung beim Laden ab {moment}",
        "subject_cancelled": "{provider}: Die angekündigte Änderung entfällt",
        "subject_reminder": "{provider}: Erinnerung, Änderung beim Laden ab {moment}",
        "date_and_time": "{date}, {time} Uhr ({zone})",
        "greeting": "Guten Tag {name},",
        "announced": "Ab {moment} ändert sich etwas bei:",
        "reminder": "Wie angekündigt ändert sich ab {moment} etwas bei:",
        "cancelled": "Wir hatten Ihnen ab {moment} eine Änderung an den Orten unten angekündigt. Sie entfällt: Alles bleibt, wie es ist.",
        "and_more": "und {count} weitere",
        "loses_access": "Ab dann können Sie dort nicht mehr laden.",
        "gains_access": "Ab dann können Sie dort laden.",
        "pays_more": "Der Preis steigt.",
        "pays_less": "Der Preis sinkt.",
        "differs": "Der Preis ändert sich: Manche Ladevorgänge werden teurer, andere günstiger.",
        "renamed": "Ihr Tarif bekommt einen anderen Namen. Der Preis bleibt gleich.",
        "before": "Bis dahin: {price}",
        "after": "Danach: {price}",
        "phone": "Telefon: {phone}",
        "price": "Preis: {price}",
        "closing": "Mit freundlichen Grüßen",
    },
    "fr": {
        "subject": "{provider}\u00a0: la recharge change à partir du {moment}",
        "subject_cancelled": "{provider}\u00a0: le changement annoncé n'a pas lieu",
        "subject_reminder": "{provider}\u00a0: rappel, la recharge change à partir du {moment}",
        "date_and_time": "{date} à {time} ({zone})",
        "greeting": "Bonjour {name},",
        "announced": "À partir du {moment}, quelque chose change à ces endroits\u00a0:",
        "reminder": "Comme annoncé, à partir du {moment}, quelque chose change à ces endroits\u00a0:",
        "cancelled": "Nous vous avions annoncé un changement à partir du {moment} aux endroits ci-dessous. Il n'a pas lieu\u00a0: tout reste comme avant.",
        "and_more": "et {count} autres",
        "loses_access": "Dès lors, vous ne pourrez plus y recharger.",
        "gains_access": "Dès lors, vous pourrez y recharger.",
        "pays_more": "Le prix augmente.",
        "pays_less": "Le prix baisse.",
        "differs": "Le prix change\u00a0: certaines sessions coûtent plus, d'autres moins.",
        "renamed": "Votre tarif change de nom. Le prix reste le même.",
        "before": "Jusque-là\u00a0: {price}",
        "after": "Ensuite\u00a0: {price}",
        "phone": "Téléphone\u00a0: {phone}",
        "price": "Prix\u00a0: {price}",
        "closing": "Cordialement,",
    },
}


def words(language: str) -> dict[str, str]:
    """English for a language that there are no words in."""
    return WORDS.get(language, WORDS["en"])


def date_in_words(at: datetime, language: str) -> str:
    """The day of a moment, which is in the provider's time zone: "1 December 2026"."""
    known = language if language in WORDS else "en"
    day = str(format_date(at.date(), "long", locale=_LOCALES.get(known, known)))
    return day.replace("1 ", "1er ", 1) if known == "fr" and at.day == 1 else day


def moment_in_words(at: datetime, language: str) -> str:
    """The day, with the time and its zone unless the day has only just begun."""
    if at.time() == time():
        return date_in_words(at, language)
    return words(language)["date_and_time"].format(
        date=date_in_words(at, language), time=f"{at:%H:%M}", zone=str(at.tzinfo)
    )
