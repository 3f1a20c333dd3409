"""Texts of the public price page and of the printed price sheet, in the four languages of customers. Each has the same keys.

In French a no-break space stands before a colon.
"""

from __future__ import annotations

LANGUAGES = {"en": "English", "nl": "Nederlands", "de": "Deutsch", "fr": "Français"}
TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "title": "What charging costs", "everyone": "Customers", "prepaid": "Prepaid customers",
        "roaming": "Charge cards of other providers", "company": "Excluding VAT: {price}", "as_of": "As of {time}",
        "from": "From {day}",
        "example": "Example", "street": "22 kWh in 2 hours on a Monday from 17:30, then 1 hour parked",
        "costs": "{amount} incl. VAT", "costs_unknown": "{amount}, VAT not stated",
        "agreed": "Single customers may have agreed another price. What you pay is shown before you charge, on your own page.",
        "closed": "No price is in force here", "closed_help": "At the moment nobody can charge here. {who} can tell you more.",
        "withdrawn": "There is no price to show at this address",
        "withdrawn_help": "The page was withdrawn, or the address is not complete. Ask the company that runs the charge point.",
        "inactive": "This charge point is not in service at the moment.",
        "roaming_closed": "Charge cards of other providers are not accepted here.",
        "roaming_same": "Charge cards of other providers pay the same, and what their own provider adds.",
        "scan": "Scan for the price of this moment", "printed": "Printed on {day}", "questions": "Questions? {phone}",
        "language": "Language", "identity": "Charge point",
    },
    "nl": {
        "title": "Wat laden kost", "everyone": "Klanten", "prepaid": "Prepaidklanten",
        "roaming": "Laadpassen van andere aanbieders", "company": "Exclusief btw: {price}", "as_of": "Stand van {time}",
        "from": "Vanaf {day}",
        "example": "Voorbeeld", "street": "22 kWh in 2 uur op een maandag vanaf 17.30 uur, daarna 1 uur geparkeerd",
        "costs": "{amount} incl. btw", "costs_unknown": "{amount}, btw niet vermeld",
        "agreed": "Met sommige klanten is een andere prijs afgesproken. Wat u betaalt, staat voor het laden op uw eigen pagina.",
        "closed": "Hier geldt nu geen prijs", "closed_help": "Op dit moment kan hier niemand laden. {who} kan u meer vertellen.",
        "withdrawn": "Op dit adres is geen prijs te zien",
        "withdrawn_help": "De pagina is ingetrokken, of het adres is niet compleet. Vraag het de aanbieder van het laadpunt.",
        "inactive": "Dit laadpunt is op dit moment niet in gebruik.",
        "roaming_closed": "Laadpassen van andere aanbieders worden hier niet geaccepteerd.",
        "roaming_same": "Laadpassen van andere aanbieders betalen hetzelfde, plus wat hun eigen aanbieder rekent.",
        "scan": "Scan voor de prijs van dit moment", "printed": "Gedrukt op {day}", "questions": "Vragen? {phone}",
        "language": "Taal", "identity": "Laadpunt",
    },
    "de": {
        "title": "Was das Laden kostet", "everyone": "Kunden", "prepaid": "Prepaid-Kunden",
        "roaming": "Ladekarten anderer Anbieter", "company": "Ohne MwSt.: {price}", "as_of": "Stand: {time}",
        "from": "Ab {day}",
        "example": "Beispiel", "street": "22 kWh in 2 Stunden an einem Montag ab 17:30 Uhr, danach 1 Stunde geparkt",
        "costs": "{amount} inkl. MwSt.", "costs_unknown": "{amount}, MwSt. nicht angegeben",
        "agreed": "Mit einzelnen Kunden kann ein anderer Preis vereinbart sein. Was Sie zahlen, steht vor dem Laden auf Ihrer Seite.",
        "closed": "Hier gilt zurzeit kein Preis", "closed_help": "Zurzeit kann hier niemand laden. {who} kann Ihnen mehr sagen.",
        "withdrawn": "Unter dieser Adresse ist kein Preis zu sehen",
        "withdrawn_help": "Die Seite wurde zurückgezogen, oder die Adresse ist nicht vollständig. Fragen Sie den Betreiber des Ladepunkts.",
        "inactive": "Dieser Ladepunkt ist zurzeit nicht in Betrieb.",
        "roaming_closed": "Ladekarten anderer Anbieter werden hier nicht angenommen.",
        "roaming_same": "Ladekarten anderer Anbieter zahlen dasselbe, dazu, was ihr eigener Anbieter berechnet.",
        "scan": "Scannen Sie den Code für den aktuellen Preis", "printed": "Gedruckt am {day}", "questions": "Fragen? {phone}",
        "language": "Sprache", "identity": "Ladepunkt",
    },
    "fr": {
        "title": "Ce que coûte la recharge", "everyone": "Clients", "prepaid": "Clients prépayés",
        "roaming": "Cartes de recharge d’autres fournisseurs", "company": "Hors TVA\u00a0: {price}", "as_of": "État au {time}",
        "from": "À partir du {day}",
        "example": "Exemple", "street": "22 kWh en 2 heures un lundi à partir de 17h30, puis 1 heure de stationnement",
        "costs": "{amount} TVA comprise", "costs_unknown": "{amount}, TVA non indiquée",
        "agreed": "Un autre prix peut être convenu avec certains clients. Ce que vous payez figure sur votre page avant la recharge.",
        "closed": "Aucun prix n’est en vigueur ici",
        "closed_help": "Pour le moment, personne ne peut recharger ici. {who} peut vous en dire plus.",
        "withdrawn": "Aucun prix à afficher à cette adresse",
        "withdrawn_help": "La page a été retirée, ou l’adresse est incomplète. Adressez-vous à l’exploitant du point de recharge.",
        "inactive": "Ce point de recharge est hors service pour le moment.",
        "roaming_closed": "Les cartes de recharge d’autres fournisseurs ne sont pas acceptées ici.",
        "roaming_same": "Les cartes d’autres fournisseurs paient le même prix, plus ce que facture leur fournisseur.",
        "scan": "Scannez pour connaître le prix actuel", "printed": "Imprimé le {day}", "questions": "Des questions\u00a0? {phone}",
        "language": "Langue", "identity": "Point de recharge",
    },
}  # fmt: skip


def language_of(*codes: str) -> str:
    """The first of these codes that there are texts in, such as nl or fr-BE; else English."""
    known = (each[:2].lower() for each in codes if each[:2].lower() in TEXTS)
    return next(known, "en")
