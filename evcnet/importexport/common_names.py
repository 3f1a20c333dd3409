"""Names that other programs give to columns, in English, Dutch, German and French: what a file's columns are guessed by.

By the column's name here, or by kind and column where a word means something else in another kind of file. The portal's
own labels are not repeated: see ``columns.py``.
"""

FIRST_NAME, INFIX, LAST_NAME = "first_name", "name_prefix", "last_name"
"""Parts of a person's name, which are joined in this order."""

_CUSTOMER_NUMBER = (
    "customer, customer no, customer nr, customer id, customer code, client number, client id, account number, member number, "
    "subscriber number, debtor number, klantnummer, klantnr, klant, klantcode, relatienummer, debiteurnummer, debiteurnr, "
    "kundennummer, kundennr, kunde, kunden id, debitorennummer, mitgliedsnummer, "
    "numéro client, numéro de client, no client, n° client, client, code client, id client"
)
_EMPLOYEE_NUMBER = (
    "employee number, employee no, employee id, staff number, staff id, personnel number, payroll number, personeelsnummer, "
    "personeelsnr, werknemersnummer, medewerkernummer, medewerkersnummer, personalnummer, personalnr, mitarbeiternummer, "
    "mitarbeiter id, matricule, numéro de matricule, numéro d'employé, n° employé"
)
_CARD = (
    "uid, card uid, card, card id, tag, tag id, id tag, idtag, rfid, rfid tag, rfid uid, rfid code, rfid number, token, token uid, "
    "serial number, hex, pas, kaart, kaart id, kaart uid, laadpas, laadpas uid, pas uid, pasuid, tagnummer, "
    "karten id, karten uid, ladekarte, kartenuid, rfid nummer, rfid karte, "
    "carte, badge, identifiant carte, uid carte, numéro rfid, id badge"
)
_CHARGE_POINT = (
    "charge point, charge point id, chargepoint, chargepoint id, charger, charger id, charging station, charging station id, "
    "charge box id, chargebox, chargebox id, cp id, cpid, station, station id, evse, "
    "laadpunt, laadpaal, laadpaal id, laadpaalnummer, laadstation, "
    "ladepunkt, ladestation, ladesäule, ladesäulen id, wallbox, "
    "borne, id borne, borne de recharge, point de charge, station de recharge"
)

_CODE = (
    "id, no, nr, number, reference, key, short name, nummer, kenmerk, kürzel, kennung, référence, numéro, identifiant"
)

COMMON_NAMES = {
    "provider": "operator, cpo, aanbieder, betreiber, anbieter, opérateur, fournisseur",
    "user_group": "group, customer group, usergroup, tenant, department, gebruikersgroep, klantgroep, groep, afdeling, "
    "benutzergruppe, kundengruppe, gruppe, nutzergruppe, groupe, groupe d'utilisateurs, groupe de clients",
    "code": _CODE,
    "tariffs.code": _CODE + ", tariff, tariff code, tariff id, tarief, tariefcode, tarif, tarifcode, code tarif",
    "locations.code": _CODE
    + ", location, location code, location id, site, site code, locatie, locatiecode, standort, "
    "standortcode, lieu, emplacement",
    "charge_groups.code": _CODE + ", charge group, laadgroep, ladegruppe, groupe de charge",
    "name": "full name, title, description, display name, naam, volledige naam, omschrijving, beschrijving, "
    "bezeichnung, vollständiger name, beschreibung, nom, nom complet, désignation, libellé",
    "customers.name": "full name, customer name, client name, driver, driver name, company, company name, account name, "
    "naam, volledige naam, klantnaam, bedrijf, bedrijfsnaam, naam bestuurder, tenaamstelling, "
    "kundenname, firma, firmenname, fahrer, vollständiger name, nom complet, nom du client, nom client, société, raison sociale, "
    "conducteur",
    FIRST_NAME: "first name, firstname, given name, forename, initials, voornaam, roepnaam, voorletters, vorname, rufname, prénom",
    INFIX: "infix, name prefix, tussenvoegsel, tussenvoegsels, voorvoegsel, voorvoegsels, namenszusatz, particule",
    LAST_NAME: "last name, lastname, surname, family name, achternaam, familienaam, nachname, familienname, zuname, "
    "nom de famille, nom",
    "number": _CUSTOMER_NUMBER + ", " + _EMPLOYEE_NUMBER + ", number, no, nr, id, nummer, numéro",
    "customer": _CUSTOMER_NUMBER,
    "owner": "owner number, eigenaar, klantnummer eigenaar, eigentümer, besitzer, propriétaire",
    "email": "mail, email, e-mail, mail address, emailadres, e-mailadres, mailadres, mailadresse, e-mail-adresse, "
    "courriel, adresse e-mail, adresse mail, adresse électronique",
    "language": "lang, locale, preferred language, taal, voertaal, sprache, langue",
    "kind": "type, customer type, klanttype, type klant, soort, soort klant, art, typ, kundenart, kundentyp, type de client",
    "payment": "payment method, billing, betaalwijze, betaling, betaalmethode, zahlungsart, zahlung, mode de paiement, paiement",
    "status": "state, toestand, zustand, état, statut",
    "uid": _CARD,
    "card_uid": _CARD,
    "visual_number": "printed number, card number, contract id, contract, emaid, evco id, visual id, kaartnummer, pasnummer, "
    "laadpasnummer, contractnummer, kartennummer, ladekartennummer, vertragsnummer, aufdruck, "
    "numéro de carte, numéro de badge, numéro de contrat",
    "type": "sort, soort, kaartsoort, soort pas, typ, art, kartenart, genre, type de carte",
    "roaming": "roaming allowed, e-roaming, roaming toegestaan, roaming erlaubt, itinérance",
    "valid_from": "start date, begin date, starts, from, effective from, start, ingangsdatum, van, geldig vanaf, vanaf, begindatum, "
    "gültig ab, gültig von, ab, beginn, valable à partir du, valide du, du, date de début",
    "valid_until": "end date, expires, expiry date, expiry, valid to, until, to, end, einddatum, geldig tot, tot, vervaldatum, "
    "gültig bis, bis, ablaufdatum, ende, valable jusqu'au, au, date de fin, date d'expiration",
    "address": "street, street address, address line 1, adres, straat, straat en huisnummer, anschrift, strasse, straße, "
    "straße und hausnummer, adresse, rue",
    "postal_code": "zip, zip code, postcode, post code, postal, plz, postleitzahl, code postal, cp",
    "city": "town, place, municipality, plaats, stad, woonplaats, gemeente, ort, stadt, gemeinde, ville, commune, localité",
    "country": "country code, land, landcode, landescode, länderkürzel, pays, code pays",
    "latitude": "lat, y, gps latitude, breedtegraad, breitengrad, breite",
    "longitude": "lon, lng, long, x, gps longitude, lengtegraad, längengrad, länge",
    "time_zone": "timezone, tz, tijdzone, zeitzone, fuseau horaire",
    "published": "public, visible, gepubliceerd, openbaar, zichtbaar, veröffentlicht, öffentlich, sichtbar, publié, publique",
    "identity": _CHARGE_POINT + ", serial number, serienummer, seriennummer, numéro de série",
    "charge_point": _CHARGE_POINT,
    "charge_group": "chargegroup, charging group, laadgroep, ladegruppe, groupe de charge",
    "location": "site, location code, location id, locatie, locatiecode, standort, standortcode, lieu, emplacement, site code",
    "evse_id": "evseid, evse uid, evse, evse nummer",
    "maker": "manufacturer, vendor, brand, fabrikant, merk, hersteller, marke, fabricant, marque",
    "model": "model name, modelnaam, modell, modèle",
    "max_power_kw": "power, power kw, max power, kw, maximum power, vermogen, vermogen kw, leistung, leistung kw, "
    "max leistung, puissance, puissance kw, puissance max",
    "parent": "parent group, parent code, bovenliggende groep, übergeordnete gruppe, groupe parent",
    "tariff": "tariff code, rate, price list, tarief, tariefcode, tarif, tarifcode, preisliste, code tarif",
    "currency": "valuta, munt, währung, devise, monnaie",
    "energy_per_kwh": "price per kwh, kwh price, price kwh, energy price, eur per kwh, eur/kwh, prijs per kwh, kwh prijs, kwh tarief, "
    "preis pro kwh, preis je kwh, kwh preis, arbeitspreis, prix par kwh, prix du kwh, prix kwh",
    "flat_fee": "start fee, session fee, fixed fee, starttarief, startkosten, transactiekosten, startgebühr, grundgebühr, "
    "frais de session, frais fixes, forfait",
    "time_per_hour": "price per hour, time fee, uurtarief, prijs per uur, preis pro stunde, stundenpreis, prix par heure",
    "parking_per_hour": "idle fee, parking fee, blocking fee, parkeertarief, bezettarief, parkgebühr, blockiergebühr, "
    "frais de stationnement, frais d'occupation",
    "vat_percent": "vat, vat rate, vat %, tax, tax rate, btw, btw percentage, btw %, btw tarief, mwst, mwst satz, ust, "
    "mehrwertsteuer, tva, taux de tva, tva %",
    "id": "session, session id, transaction, transaction id, transaction number, sessie, sessie id, transactie, transactie id, "
    "sessienummer, transactienummer, transaktionsnummer, numéro de transaction, sitzung, ladevorgang, "
    "ladevorgang id, transaktion, charging event, identifiant, id session",
    "started_at": "start, start time, started, begin, start date, starttijd, startdatum, begintijd, gestart, startzeit, beginn, début, heure de début",
    "ended_at": "end, end time, ended, end date, stop, stop time, einde, eindtijd, einddatum, stoptijd, beendet, endzeit, ende, fin, heure de fin",
    "kwh": "energy, energy kwh, total kwh, consumption, consumption kwh, volume, verbruik, energie, verbrauch, menge, "
    "énergie, consommation",
    "parking_seconds": "idle seconds, parking time, parkeertijd, parkzeit, temps de stationnement",
    "note": "notes, remark, remarks, comment, comments, opmerking, opmerkingen, notitie, bemerkung, bemerkungen, notiz, "
    "kommentar, remarque, commentaire",
    "additional_information": "info, information, extra information, notes, remarks, aanvullende informatie, opmerkingen, "
    "zusatzinformation, zusätzliche informationen, informations complémentaires, remarques",
    "access": "permission, toegang, zugang, zugriff, accès",
}
COMMON_NAMES |= {
    f"card_{name}": f"{name}, {COMMON_NAMES[name]}"
    for name in ("visual_number", "type", "roaming", "valid_from", "valid_until")
}
COMMON_NAMES["customers_with_cards.name"] = COMMON_NAMES["customers.name"]
"""Of cards that stand beside their customers."""
