"""Triggers that keep the texts by which customers and cards are searched; statement by statement, so that COPY and UPDATE
are seen too.

The migration that was applied calls this, so what it gives stays as it is.

A card that comes while its customer is renamed would get the old name: its trigger locks the customer's row, and reads it
by a statement of its own afterwards. Statements over large tables are planned each time: a plan that a connection made
while there were few rows would be kept for many.
"""

from __future__ import annotations

from evcnet.search_keys import search_key_sql

TEXTS = f"""
CREATE FUNCTION evcnet_search_key(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT {search_key_sql("$1")}
$$;
CREATE FUNCTION evcnet_customer_text(name text, number text, email text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT evcnet_search_key(' ' || name || ' ' || replace(number, ' ', '') || ' ' || email)
$$;
CREATE FUNCTION evcnet_card_text(uid text, visual_number text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT evcnet_search_key(' ' || replace(uid, ' ', '') || ' ' || replace(visual_number, ' ', ''))
$$;
"""

_CARD = "coalesce(evcnet_customer_text(c.name, c.number, c.email), '') || evcnet_card_text(n.uid, n.visual_number)"

CUSTOMERS = """
CREATE FUNCTION evcnet_search_customers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO customers_searchtext (customer_id, text)
        SELECT id, evcnet_customer_text(name, number, email) FROM changed;
    ELSIF TG_OP = 'DELETE' THEN
        EXECUTE 'DELETE FROM customers_searchtext t USING former o WHERE t.customer_id = o.id AND t.card_id IS NULL';
    ELSIF EXISTS (SELECT FROM changed n JOIN former o ON o.id = n.id
                  WHERE (o.name, o.number, o.email) IS DISTINCT FROM (n.name, n.number, n.email)) THEN
        EXECUTE 'UPDATE customers_searchtext t
            SET text = evcnet_customer_text(n.name, n.number, n.email)
                || coalesce((SELECT evcnet_card_text(k.uid, k.visual_number) FROM customers_chargecard k
                             WHERE k.id = t.card_id), '''')
            FROM changed n JOIN former o ON o.id = n.id
            WHERE t.customer_id = n.id AND (o.name, o.number, o.email) IS DISTINCT FROM (n.name, n.number, n.email)';
    END IF;
    RETURN NULL;
END $$;
"""

CARDS = f"""
CREATE FUNCTION evcnet_search_cards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        EXECUTE 'DELETE FROM customers_searchtext t USING former o WHERE t.card_id = o.id';
    ELSIF TG_OP = 'INSERT' THEN
        EXECUTE 'SELECT FROM customers_customer WHERE id IN (SELECT customer_id FROM changed) ORDER BY id FOR SHARE';
        EXECUTE $sql$INSERT INTO customers_searchtext (customer_id, card_id, text)
            SELECT n.customer_id, n.id, {_CARD} FROM changed n LEFT JOIN customers_customer c ON c.id = n.customer_id$sql$;
    ELSIF EXISTS (SELECT FROM changed n JOIN former o ON o.id = n.id WHERE (o.uid, o.visual_number, o.customer_id)
                  IS DISTINCT FROM (n.uid, n.visual_number, n.customer_id)) THEN
        EXECUTE 'SELECT FROM customers_customer WHERE id IN (SELECT customer_id FROM changed) ORDER BY id FOR SHARE';
        EXECUTE $sql$UPDATE customers_searchtext t SET customer_id = n.customer_id, text = {_CARD}
            FROM changed n JOIN former o ON o.id = n.id LEFT JOIN customers_customer c ON c.id = n.customer_id
            WHERE t.card_id = n.id AND (o.uid, o.visual_number, o.customer_id)
                  IS DISTINCT FROM (n.uid, n.visual_number, n.customer_id)$sql$;
    END IF;
    RETURN NULL;
END $$;
"""


def _triggers(table: str, function: str) -> str:
    return f"""
CREATE TRIGGER search_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION {function}();
CREATE TRIGGER search_update AFTER UPDATE ON {table} REFERENCING OLD TABLE AS former NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION {function}();
CREATE TRIGGER search_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS former
    FOR EACH STATEMENT EXECUTE FUNCTION {function}();
"""


TRIGGERS = (
    TEXTS
    + CUSTOMERS
    + CARDS
    + _triggers("customers_customer", "evcnet_search_customers")
    + _triggers("customers_chargecard", "evcnet_search_cards")
)
TABLES = {"customers_customer": "evcnet_search_customers", "customers_chargecard": "evcnet_search_cards"}
REMOVE = "".join(
    f"DROP TRIGGER search_{event} ON {table};" for table in TABLES for event in ("insert", "update", "delete")
) + "".join(
    f"DROP FUNCTION {function};"
    for function in (*TABLES.values(), "evcnet_customer_text", "evcnet_card_text", "evcnet_search_key")
)
FILL = f"""
INSERT INTO customers_searchtext (customer_id, text)
SELECT id, evcnet_customer_text(name, number, email) FROM customers_customer;
INSERT INTO customers_searchtext (customer_id, card_id, text)
SELECT n.customer_id, n.id, {_CARD} FROM customers_chargecard n LEFT JOIN customers_customer c ON c.id = n.customer_id;
"""
"""The rows that were there before."""
