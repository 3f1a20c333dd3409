"""Which columns name a person, and what stands there afterwards? Statements, in the order in which they are run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db import connection

from customers.privacy.lookup import IN_ITS_PLACE, Person

NAME = "Erased customer"
HOME = "Erased home"
RATING = "Erased with the customer."

CARDS = """
UPDATE customers_chargecard SET status = 'deactivated', visual_number = '',
    uid = 'erased-' || left(replace(gen_random_uuid()::text, '-', ''), 28) WHERE id = ANY(%(cards)s);
UPDATE customers_chargecardevent event SET uid = card.uid, visual_number = ''
    FROM customers_chargecard card WHERE event.pgh_obj_id = card.id AND card.id = ANY(%(cards)s);
"""
SESSIONS = "".join(
    f"""
UPDATE {table} session SET card_uid = card.uid
    FROM customers_chargecard card WHERE session.card_id = card.id AND card.id = ANY(%(cards)s);
UPDATE {table} session SET card_uid = card.uid
    FROM unnest(%(uids)s::text[], %(of_cards)s::bigint[]) known (uid, card) JOIN customers_chargecard card ON card.id = known.card
    WHERE session.card_id IS NULL AND upper(session.card_uid) = known.uid
    AND NOT EXISTS (SELECT FROM customers_chargecard other WHERE upper(other.uid) = known.uid);
UPDATE {table} SET note = '', card_uid = CASE WHEN card_id = ANY(%(cards)s) THEN card_uid ELSE 'erased' END,
    card_id = CASE WHEN card_id = ANY(%(cards)s) THEN card_id END WHERE customer_id = %(customer)s;
"""
    for table in ("chargepoints_session", "chargepoints_sessionevent")
)
RATINGS = """
UPDATE chargepoints_rating SET reason = %(rating)s WHERE reason <> ''
    AND session_id IN (SELECT id FROM chargepoints_session WHERE customer_id = %(customer)s);
"""
NOTICES = """
UPDATE customers_notice SET error = '', state = CASE state WHEN 'queued' THEN 'failed' ELSE state END
    WHERE customer_id = %(customer)s AND (error <> '' OR state = 'queued');
"""
EXCEPTIONS = "UPDATE chargegroups_customerexceptionevent SET note = '' WHERE customer_id = %(customer)s;"
POINTS = """
UPDATE chargepoints_chargepoint SET owner_id = NULL,
    name = CASE WHEN id = ANY(%(home_points)s) THEN '' ELSE name END,
    status = CASE WHEN id = ANY(%(home_points)s) AND status = 'active' THEN 'inactive' ELSE status END
    WHERE owner_id = %(customer)s;
UPDATE chargepoints_chargepointevent SET name = '' WHERE pgh_obj_id = ANY(%(home_points)s);
"""
HOMES = "".join(
    f"""
UPDATE {table} SET name = %(home)s, address = '', postal_code = '', city = '', latitude = NULL, longitude = NULL
    WHERE {key} = ANY(%(homes)s);
"""
    for table, key in (("chargepoints_location", "id"), ("chargepoints_locationevent", "pgh_obj_id"))
)
CUSTOMER = """
UPDATE customers_customer SET name = %(name)s, email = '', language = 'en', status = 'deactivated',
    erased_at = clock_timestamp() WHERE id = %(customer)s;
UPDATE customers_customerevent SET name = %(name)s, email = '', language = 'en' WHERE pgh_obj_id = %(customer)s;
"""
STATEMENTS = {
    "cards": CARDS,
    "sessions": SESSIONS,
    "ratings": RATINGS,
    "notices": NOTICES,
    "exceptions": EXCEPTIONS,
    "charge points": POINTS,
    "locations": HOMES,
    "customers": CUSTOMER,
}
"""What is overwritten, by the word under which its rows are counted; a row of the history counts as one more."""

FREE_TEXT = {
    "changes_change": "reason",
    "changes_changeevent": "reason",
    "chargegroups_chargegroup": "additional_information",
    "chargegroups_chargegroupevent": "additional_information",
    "chargegroups_customerexception": "note",
    "chargegroups_customerexceptionevent": "note",
    "chargepoints_rating": "reason",
    "chargepoints_session": "note",
    "chargepoints_sessionevent": "note",
}
"""Where staff of the provider may have written somebody's name; only the words that name the person are replaced."""


def overwrite(person: Person) -> Counter[str]:
    """Run them all, within the transaction that may; how many rows each touched."""
    rows: Counter[str] = Counter()
    values = _values(person)
    with connection.cursor() as cursor:
        for what, statements in STATEMENTS.items():
            for statement in filter(str.strip, statements.split(";\n")):
                cursor.execute(statement, values)
                rows[what] += cursor.rowcount
        rows["changes"] = sum(_changes(cursor, person))
        rows["texts"] = sum(_free_text(cursor, person))
    return rows


def _values(person: Person) -> dict[str, Any]:
    return {
        "customer": person.customer.pk,
        "cards": list(person.cards),
        "uids": list(person.uids),
        "of_cards": list(person.uids.values()),
        "home_points": person.home_points,
        "homes": person.homes,
        "name": NAME,
        "home": HOME,
        "rating": RATING,
    }


def _changes(cursor: Any, person: Person) -> Iterator[int]:
    """Changes keep what was asked for and what held before: of the person no note stays, and no name."""
    columns = ("sentence", "proposal", "earlier", "impact")
    for table, key in (("changes_change", "id"), ("changes_changeevent", "pgh_id")):
        cursor.execute(
            f"SELECT {key}, {', '.join(columns)} FROM {table} WHERE provider_id = %s AND (proposal -> 'rows' @> %s"
            " OR earlier -> 'rows' @> %s OR concat_ws(' ', sentence, proposal, earlier, impact) ~* %s)",
            [
                person.customer.provider_id,
                json.dumps([{"customer": person.customer.number}]),
                json.dumps([{"customer": person.customer.pk}]),
                person.pattern,
            ],
        )
        for pk, *said in cursor.fetchall():
            told = [each if number == 0 else json.loads(each) for number, each in enumerate(said)]
            left = [person.unnamed(each) for each in told]
            if left != told:
                assigned = ", ".join(f"{column} = %s" for column in columns)
                values = [left[0], *map(json.dumps, left[1:]), pk]
                cursor.execute(f"UPDATE {table} SET {assigned} WHERE {key} = %s", values)
                yield cursor.rowcount


def _free_text(cursor: Any, person: Person) -> Iterator[int]:
    for table, column in FREE_TEXT.items():
        cursor.execute(
            f"UPDATE {table} SET {column} = regexp_replace({column}, %(pattern)s, %(place)s, 'gi')"
            f" WHERE provider_id = %(provider)s AND {column} <> '' AND {column} ~* %(pattern)s",
            {"pattern": person.pattern, "place": IN_ITS_PLACE, "provider": person.customer.provider_id},
        )
        yield cursor.rowcount
