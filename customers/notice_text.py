"""Texts of notices in the four languages of customers. Each language has the same keys and placeholders."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "subject": "{provider}: charging changes from {moment}",
        "subject_cancelled": "{provider}: the announced change does not take place",
        "greeting": "Dear {name},",
        "announced": "From {moment} something changes where you charge:",
        "cancelled": "We told you that something would change from {moment}. This does not take place: all stays as it is.",
        "and_more": "and {count} more",
        "loses_access": "You can no longer charge here.",
        "gains_access": "You can charge here.",
        "pays_more": "The price goes up.",
        "pays_less": "The price goes down.",
        "differs": "The price changes: some sessions cost more, others less.",
        "renamed": "Your tariff gets another name. The price stays the same.",
        "before": "Until then: {price}",
        "after": "From then on: {price}",
        "closing": "Kind regards,",
    },
    "nl": {
        "subject": "{provider}: laden verandert vanaf {moment}",
        "subject_cancelled": "{provider}: de aangekondigde wijziging gaat niet door",
        "greeting": "Beste {name},",
        "announced": "Vanaf {moment} verandert er iets waar u laadt:",
        "cancelled": "Wij schreven u dat er vanaf {moment} iets zou veranderen. Dat gaat niet door: alles blijft zoals het is.",
        "and_more": "en nog {count}",
        "loses_access": "U kunt hier niet meer laden.",
        "gains_access": "U kunt hier laden.",
        "pays_more": "De prijs gaat omhoog.",
        "pays_less": "De prijs gaat omlaag.",
        "differs": "De prijs verandert: sommige sessies worden duurder, andere goedkoper.",
        "renamed": "Uw tarief krijgt een andere naam. De prijs blijft gelijk.",
        "before": "Tot dan: {price}",
        "after": "Vanaf dan: {price}",
        "closing": "Met vriendelijke groet,",
    },
    "de": {
        "subject": "{provider}: Änderung beim Laden ab {moment}",
        "subject_cancelled": "{provider}: Die angekündigte Änderung entfällt",
        "greeting": "Guten Tag {name},",
        "announced": "Ab {moment} ändert sich etwas, wo Sie laden:",
        "cancelled": "Wir hatten Ihnen eine Änderung ab {moment} angekündigt. Sie entfällt: Alles bleibt, wie es ist.",
        "and_more": "und {count} weitere",
        "loses_access": "Sie können hier nicht mehr laden.",
        "gains_access": "Sie können hier laden.",
        "pays_more": "Der Preis steigt.",
        "pays_less": "Der Preis sinkt.",
        "differs": "Der Preis ändert sich: Manche Ladevorgänge werden teurer, andere günstiger.",
        "renamed": "Ihr Tarif bekommt einen anderen Namen. Der Preis bleibt gleich.",
        "before": "Bis dahin: {price}",
        "after": "Danach: {price}",
        "closing": "Mit freundlichen Grüßen",
    },
    "fr": {
        "subject": "{provider} : la recharge change à partir du {moment}",
        "subject_cancelled": "{provider} : le changement annoncé n'a pas lieu",
        "greeting": "Bonjour {name},",
        "announced": "À partir du {moment}, quelque chose change là où vous rechargez :",
        "cancelled": "Nous vous avions annoncé un changement à partir du {moment}. Il n'a pas lieu : tout reste comme avant.",
        "and_more": "et {count} autres",
        "loses_access": "Vous ne pouvez plus recharger ici.",
        "gains_access": "Vous pouvez recharger ici.",
        "pays_more": "Le prix augmente.",
        "pays_less": "Le prix baisse.",
        "differs": "Le prix change : certaines sessions coûtent plus, d'autres moins.",
        "renamed": "Votre tarif change de nom. Le prix reste le même.",
        "before": "Jusque-là : {price}",
        "after": "Ensuite : {price}",
        "closing": "Cordialement,",
    },
}


def words(language: str) -> dict[str, str]:
    """English for a language that there are no words in."""
    return WORDS.get(language, WORDS["en"])
