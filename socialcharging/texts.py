"""Texts of the driver's page and of its mails in the four languages of customers. Each language has the same keys.

In French a no-break space stands before a colon, a question mark and an exclamation mark.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from socialcharging.models import QueueMail

TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "title": "My charge points", "hello": "Hello {name}", "refresh": "Refresh", "updated": "As of {time}",
        "search": "Find a charge point", "search_help": "Name, identity, street or city", "find": "Find",
        "nothing_there": "No charge point here. Find one by its name or street.",
        "available": "Free", "occupied": "Occupied", "charging": "Charging", "unavailable": "Not available",
        "faulted": "Out of order", "offline": "Offline", "unknown": "State unknown",
        "waits_0": "Nobody waits", "waits_1": "1 driver waits", "waits_n": "{count} drivers wait",
        "place": "You are number {place} in the queue.", "turn": "It is your turn: held for you until {time}.",
        "held": "Held for another driver until {time}.",
        "charge_here": "You charge here since {time}.", "please": "Somebody waits: please free it up when you are done.",
        "price": "You pay: {price}", "may_not": "You cannot charge here: {reason}",
        "join": "Join the queue", "start": "Start a queue", "leave": "Leave the queue", "ask": "Ask to free up",
        "asked": "Whoever charges here has been told that somebody waits.",
        "done_join": "You are in the queue.", "done_leave": "You have left the queue.",
        "done_ask": "Whoever charges here is told that somebody waits.",
        "sessions": "My last sessions", "no_sessions": "No sessions yet.", "not_priced": "no price",
        "refusals": "Why I was refused", "no_refusals": "Nothing was refused in the last 30 days.",
        "private": "This page is yours alone: whoever has its address sees it. Nobody sees who waits or charges.",
        "link_over": "This link no longer works", "link_over_help": "It has expired or was withdrawn. Ask {who} for a new one.",
        "provider": "your provider", "not_active": "Your account is not active",
        "not_active_help": "You cannot charge at the moment, so there is nothing to show here. {who} can tell you more.",
        "too_often": "That was a little too often. Wait a minute and try again.",
        "no_access": "You may not charge there.", "not_here": "There is no queue at this charge point.",
        "not_occupied": "It is not occupied: no queue is needed.", "charges_there": "You charge there yourself.",
        "too_many_queues": "You are in five queues already: leave one first.",
        "charge_point_unknown": "the charge point is unknown.", "charge_point_not_active": "the charge point is not in service.",
        "card_unknown": "the card is not known.", "card_not_active": "your card is not active.",
        "customer_blocked": "your account is blocked.", "customer_pending": "your account waits for approval.",
        "card_not_yet_valid": "your card is not valid yet.", "card_expired": "your card has expired.",
        "exception_denied": "you are not admitted here.", "no_terms_in_force": "no price is in force.",
        "queue_held": "it was held for another driver.", "no_card": "you have no charge card.",
        "refused": "you have no access.",
        "mail_waits": "{provider}: somebody waits at {point}",
        "mail_waits_body": "Hello {name},\n\nYou are charging at {point}. Another driver waits for this charge point. Please free it up "
        "when you are done.\n\nKind regards,\n{provider}\n",
        "mail_turn": "{provider}: it is your turn at {point}",
        "mail_turn_body": "Hello {name},\n\n{point} is free, and held for you until {time}. If you do not start to charge by then, "
        "the turn passes on to the next driver.\n\nKind regards,\n{provider}\n",
        "mail_link": "{provider}: your charge points",
        "mail_link_body": "Hello {name},\n\nThis is your personal page: your charge points, queues, prices and sessions.\n{address}\n\n"
        "It works for 90 days. Keep it to yourself: whoever has the address sees the page.\n\nKind regards,\n{provider}\n",
    },
    "nl": {
        "title": "Mijn laadpunten", "hello": "Hallo {name}", "refresh": "Vernieuwen", "updated": "Stand van {time}",
        "search": "Zoek een laadpunt", "search_help": "Naam, nummer, straat of plaats", "find": "Zoeken",
        "nothing_there": "Hier is geen laadpunt. Zoek er een op naam of straat.",
        "available": "Vrij", "occupied": "Bezet", "charging": "Laadt", "unavailable": "Niet beschikbaar",
        "faulted": "Defect", "offline": "Offline", "unknown": "Status onbekend",
        "waits_0": "Niemand wacht", "waits_1": "1 bestuurder wacht", "waits_n": "{count} bestuurders wachten",
        "place": "U bent nummer {place} in de wachtrij.", "turn": "U bent aan de beurt: gereserveerd voor u tot {time}.",
        "held": "Gereserveerd voor een andere bestuurder tot {time}.",
        "charge_here": "U laadt hier sinds {time}.", "please": "Er wacht iemand: maak het laadpunt vrij als u klaar bent.",
        "price": "U betaalt: {price}", "may_not": "U kunt hier niet laden: {reason}",
        "join": "Ga in de wachtrij", "start": "Start een wachtrij", "leave": "Verlaat de wachtrij",
        "ask": "Vraag om vrij te maken",
        "asked": "Wie hier laadt, weet dat er iemand wacht.",
        "done_join": "U staat in de wachtrij.", "done_leave": "U hebt de wachtrij verlaten.",
        "done_ask": "Wie hier laadt, krijgt bericht dat er iemand wacht.",
        "sessions": "Mijn laatste sessies", "no_sessions": "Nog geen sessies.", "not_priced": "geen prijs",
        "refusals": "Waarom ik werd geweigerd", "no_refusals": "De laatste 30 dagen is er niets geweigerd.",
        "private": "Deze pagina is alleen van u: wie het adres heeft, ziet haar. Niemand ziet wie er wacht of laadt.",
        "link_over": "Deze link werkt niet meer", "link_over_help": "Hij is verlopen of ingetrokken. Vraag {who} om een nieuwe.",
        "provider": "uw aanbieder", "not_active": "Uw account is niet actief",
        "not_active_help": "U kunt op dit moment niet laden, dus hier is niets te zien. {who} kan u meer vertellen.",
        "too_often": "Dat was iets te vaak. Wacht een minuut en probeer het opnieuw.",
        "no_access": "U mag daar niet laden.", "not_here": "Bij dit laadpunt is geen wachtrij.",
        "not_occupied": "Het is niet bezet: een wachtrij is niet nodig.", "charges_there": "U laadt daar zelf.",
        "too_many_queues": "U staat al in vijf wachtrijen: verlaat er eerst een.",
        "charge_point_unknown": "het laadpunt is onbekend.", "charge_point_not_active": "het laadpunt is buiten bedrijf.",
        "card_unknown": "de laadpas is onbekend.", "card_not_active": "uw laadpas is niet actief.",
        "customer_blocked": "uw account is geblokkeerd.", "customer_pending": "uw account wacht op goedkeuring.",
        "card_not_yet_valid": "uw laadpas is nog niet geldig.", "card_expired": "uw laadpas is verlopen.",
        "exception_denied": "u hebt hier geen toegang.", "no_terms_in_force": "er geldt geen prijs.",
        "queue_held": "het was gereserveerd voor een andere bestuurder.", "no_card": "u hebt geen laadpas.",
        "refused": "u hebt geen toegang.",
        "mail_waits": "{provider}: er wacht iemand bij {point}",
        "mail_waits_body": "Beste {name},\n\nU laadt bij {point}. Een andere bestuurder wacht op dit laadpunt. Maak het vrij als u klaar "
        "bent.\n\nMet vriendelijke groet,\n{provider}\n",
        "mail_turn": "{provider}: u bent aan de beurt bij {point}",
        "mail_turn_body": "Beste {name},\n\n{point} is vrij en tot {time} voor u gereserveerd. Begint u dan niet te laden, dan gaat de "
        "beurt naar de volgende bestuurder.\n\nMet vriendelijke groet,\n{provider}\n",
        "mail_link": "{provider}: uw laadpunten",
        "mail_link_body": "Beste {name},\n\nDit is uw persoonlijke pagina: uw laadpunten, wachtrijen, prijzen en sessies.\n{address}\n\n"
        "Zij werkt 90 dagen. Houd het adres voor uzelf: wie het heeft, ziet de pagina.\n\nMet vriendelijke groet,\n{provider}\n",
    },
    "de": {
        "title": "Meine Ladepunkte", "hello": "Guten Tag {name}", "refresh": "Aktualisieren", "updated": "Stand {time}",
        "search": "Ladepunkt suchen", "search_help": "Name, Kennung, Straße oder Ort", "find": "Suchen",
        "nothing_there": "Hier ist kein Ladepunkt. Suchen Sie einen nach Name oder Straße.",
        "available": "Frei", "occupied": "Belegt", "charging": "Lädt", "unavailable": "Nicht verfügbar",
        "faulted": "Gestört", "offline": "Offline", "unknown": "Zustand unbekannt",
        "waits_0": "Niemand wartet", "waits_1": "1 Fahrer wartet", "waits_n": "{count} Fahrer warten",
        "place": "Sie sind Nummer {place} in der Warteschlange.",
        "turn": "Sie sind an der Reihe: bis {time} für Sie reserviert.",
        "held": "Bis {time} für einen anderen Fahrer reserviert.",
        "charge_here": "Sie laden hier seit {time}.", "please": "Es wartet jemand: Bitte machen Sie frei, wenn Sie fertig sind.",
        "price": "Sie zahlen: {price}", "may_not": "Sie können hier nicht laden: {reason}",
        "join": "In die Warteschlange", "start": "Warteschlange beginnen", "leave": "Warteschlange verlassen",
        "ask": "Um Freimachen bitten",
        "asked": "Wer hier lädt, weiß, dass jemand wartet.",
        "done_join": "Sie sind in der Warteschlange.", "done_leave": "Sie haben die Warteschlange verlassen.",
        "done_ask": "Wer hier lädt, erfährt, dass jemand wartet.",
        "sessions": "Meine letzten Ladevorgänge", "no_sessions": "Noch keine Ladevorgänge.", "not_priced": "kein Preis",
        "refusals": "Warum ich abgewiesen wurde", "no_refusals": "In den letzten 30 Tagen wurde nichts abgewiesen.",
        "private": "Diese Seite gehört nur Ihnen: Wer die Adresse hat, sieht sie. Niemand sieht, wer wartet oder lädt.",
        "link_over": "Dieser Link gilt nicht mehr",
        "link_over_help": "Er ist abgelaufen oder wurde zurückgezogen. Einen neuen bekommen Sie hier: {who}.",
        "provider": "Ihr Anbieter", "not_active": "Ihr Konto ist nicht aktiv",
        "not_active_help": "Sie können zurzeit nicht laden, daher gibt es hier nichts zu sehen. Mehr erfahren Sie hier: {who}.",
        "too_often": "Das war etwas zu oft. Warten Sie eine Minute und versuchen Sie es noch einmal.",
        "no_access": "Sie dürfen dort nicht laden.", "not_here": "An diesem Ladepunkt gibt es keine Warteschlange.",
        "not_occupied": "Er ist nicht belegt: Eine Warteschlange ist nicht nötig.", "charges_there": "Sie laden dort selbst.",
        "too_many_queues": "Sie stehen schon in fünf Warteschlangen: Verlassen Sie zuerst eine.",
        "charge_point_unknown": "Der Ladepunkt ist unbekannt.", "charge_point_not_active": "Der Ladepunkt ist außer Betrieb.",
        "card_unknown": "Die Ladekarte ist unbekannt.", "card_not_active": "Ihre Ladekarte ist nicht aktiv.",
        "customer_blocked": "Ihr Konto ist gesperrt.", "customer_pending": "Ihr Konto wartet auf Freigabe.",
        "card_not_yet_valid": "Ihre Ladekarte gilt noch nicht.", "card_expired": "Ihre Ladekarte ist abgelaufen.",
        "exception_denied": "Sie haben hier keinen Zugang.", "no_terms_in_force": "Es gilt kein Preis.",
        "queue_held": "Er war für einen anderen Fahrer reserviert.", "no_card": "Sie haben keine Ladekarte.",
        "refused": "Sie haben keinen Zugang.",
        "mail_waits": "{provider}: Jemand wartet an {point}",
        "mail_waits_body": "Guten Tag {name},\n\nSie laden an {point}. Ein anderer Fahrer wartet auf diesen Ladepunkt. Bitte machen Sie "
        "ihn frei, wenn Sie fertig sind.\n\nMit freundlichen Grüßen\n{provider}\n",
        "mail_turn": "{provider}: Sie sind an der Reihe an {point}",
        "mail_turn_body": "Guten Tag {name},\n\n{point} ist frei und bis {time} für Sie reserviert. Wenn Sie bis dahin nicht laden, ist "
        "der nächste Fahrer an der Reihe.\n\nMit freundlichen Grüßen\n{provider}\n",
        "mail_link": "{provider}: Ihre Ladepunkte",
        "mail_link_body": "Guten Tag {name},\n\ndies ist Ihre persönliche Seite: Ladepunkte, Warteschlangen, Preise, Ladevorgänge.\n{address}\n\n"
        "Sie gilt 90 Tage. Geben Sie die Adresse nicht weiter: Wer sie hat, sieht die Seite.\n\nMit freundlichen Grüßen\n{provider}\n",
    },
    "fr": {
        "title": "Mes points de charge", "hello": "Bonjour {name}", "refresh": "Actualiser", "updated": "État à {time}",
        "search": "Chercher un point de charge", "search_help": "Nom, identifiant, rue ou ville", "find": "Chercher",
        "nothing_there": "Aucun point de charge ici. Cherchez-en un par son nom ou sa rue.",
        "available": "Libre", "occupied": "Occupé", "charging": "En charge", "unavailable": "Indisponible",
        "faulted": "En panne", "offline": "Hors ligne", "unknown": "État inconnu",
        "waits_0": "Personne n'attend", "waits_1": "1 conducteur attend", "waits_n": "{count} conducteurs attendent",
        "place": "Vous êtes numéro {place} dans la file.", "turn": "C'est votre tour\u00a0: réservé pour vous jusqu'à {time}.",
        "held": "Réservé à un autre conducteur jusqu'à {time}.",
        "charge_here": "Vous rechargez ici depuis {time}.",
        "please": "Quelqu'un attend\u00a0: libérez le point dès que vous avez fini, s'il vous plaît.",
        "price": "Vous payez\u00a0: {price}", "may_not": "Vous ne pouvez pas recharger ici\u00a0: {reason}",
        "join": "Rejoindre la file", "start": "Commencer une file", "leave": "Quitter la file", "ask": "Demander de libérer",
        "asked": "La personne qui recharge ici sait que quelqu'un attend.",
        "done_join": "Vous êtes dans la file.", "done_leave": "Vous avez quitté la file.",
        "done_ask": "La personne qui recharge ici apprend que quelqu'un attend.",
        "sessions": "Mes dernières sessions", "no_sessions": "Pas encore de session.", "not_priced": "sans prix",
        "refusals": "Pourquoi j'ai été refusé", "no_refusals": "Aucun refus ces 30 derniers jours.",
        "private": "Cette page n'est qu'à vous\u00a0: qui a son adresse la voit. Personne ne voit qui attend ou recharge.",
        "link_over": "Ce lien ne fonctionne plus",
        "link_over_help": "Il a expiré ou a été retiré. Pour un nouveau lien, adressez-vous à {who}.",
        "provider": "votre fournisseur", "not_active": "Votre compte n'est pas actif",
        "not_active_help": "Vous ne pouvez pas recharger pour le moment, il n'y a donc rien à voir ici. Pour en savoir plus\u00a0: {who}.",
        "too_often": "C'était un peu trop souvent. Attendez une minute et réessayez.",
        "no_access": "Vous ne pouvez pas y recharger.", "not_here": "Il n'y a pas de file à ce point de charge.",
        "not_occupied": "Il n'est pas occupé\u00a0: pas besoin de file.", "charges_there": "Vous y rechargez vous-même.",
        "too_many_queues": "Vous êtes déjà dans cinq files\u00a0: quittez-en une d'abord.",
        "charge_point_unknown": "le point de charge est inconnu.", "charge_point_not_active": "le point de charge est hors service.",
        "card_unknown": "la carte est inconnue.", "card_not_active": "votre carte n'est pas active.",
        "customer_blocked": "votre compte est bloqué.", "customer_pending": "votre compte attend son approbation.",
        "card_not_yet_valid": "votre carte n'est pas encore valable.", "card_expired": "votre carte a expiré.",
        "exception_denied": "vous n'êtes pas admis ici.", "no_terms_in_force": "aucun prix n'est en vigueur.",
        "queue_held": "il était réservé à un autre conducteur.", "no_card": "vous n'avez pas de carte.",
        "refused": "vous n'avez pas accès.",
        "mail_waits": "{provider}\u00a0: quelqu'un attend à {point}",
        "mail_waits_body": "Bonjour {name},\n\nVous rechargez à {point}. Un autre conducteur attend ce point de charge. Merci de le libérer dès "
        "que vous avez fini.\n\nCordialement,\n{provider}\n",
        "mail_turn": "{provider}\u00a0: c'est votre tour à {point}",
        "mail_turn_body": "Bonjour {name},\n\n{point} est libre, et réservé pour vous jusqu'à {time}. Si vous ne commencez pas à recharger "
        "d'ici là, le tour passe au conducteur suivant.\n\nCordialement,\n{provider}\n",
        "mail_link": "{provider}\u00a0: vos points de charge",
        "mail_link_body": "Bonjour {name},\n\nVoici votre page personnelle\u00a0: points de charge, files, prix et sessions.\n{address}\n\n"
        "Elle fonctionne pendant 90 jours. Gardez l'adresse pour vous\u00a0: qui l'a voit la page.\n\nCordialement,\n{provider}\n",
    },
}  # fmt: skip


def texts(language: str) -> dict[str, str]:
    """English for a language that there are no texts in."""
    return TEXTS.get(language, TEXTS["en"])


def mail_text(mail: QueueMail, sender: str, until: datetime | None) -> tuple[str, str]:
    """Subject and body in the customer's language; ``until`` is in the provider's time zone."""
    words, customer, point = texts(mail.customer.language), mail.customer, mail.charge_point
    place = f"{point}, {point.location.address}" if point.location and point.location.address else str(point)
    values = {"provider": sender, "point": place, "name": customer.name, "time": f"{until:%H:%M}" if until else ""}
    return words[f"mail_{mail.kind}"].format(**values), words[f"mail_{mail.kind}_body"].format(**values)
