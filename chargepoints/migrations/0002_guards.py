"""The guard rules that tie several tables together; ratings are append-only; history stays."""

from django.db import migrations

from evcnet.guards import history_stays, nothing_for_the_erased

# name, column, message, the rows that break the rule, and on which tables a change may break it.
# {scope} narrows the search to the rows of the changed table.
CURRENT = """
    CREATE VIEW evcnet_terms_ahead AS
    SELECT t.* FROM chargegroups_terms t
    WHERE t.valid_from >= coalesce(
        (SELECT max(valid_from) FROM chargegroups_terms
         WHERE charge_group_id = t.charge_group_id AND valid_from <= now()), '-infinity');
    COMMENT ON VIEW evcnet_terms_ahead IS 'The terms in force and those scheduled.';
"""

HOME_ROAMING = "FROM chargegroups_chargegroup g JOIN evcnet_terms_ahead t ON t.charge_group_id = g.id WHERE g.type = 'home' AND t.roaming"
HOME_PUBLISHED = """FROM chargepoints_chargepoint p JOIN chargegroups_chargegroup g ON g.id = p.charge_group_id
    JOIN chargepoints_location l ON l.id = p.location_id WHERE g.type = 'home' AND l.published"""
PREPAID_ROAMING = """FROM customers_chargecard k JOIN customers_customer c ON c.id = k.customer_id
    WHERE c.payment = 'prepaid' AND k.roaming"""
SOCIAL = """FROM evcnet_terms_ahead t JOIN chargepoints_chargepoint p ON p.charge_group_id = t.charge_group_id
    LEFT JOIN chargepoints_location l ON l.id = p.location_id
    WHERE t.social_charging AND l.country IS DISTINCT FROM 'NL'"""
CLOSED = """FROM chargegroups_chargegroup g JOIN chargepoints_chargepoint p ON p.charge_group_id = g.id
    WHERE g.closed_at IS NOT NULL"""
ONE_CURRENCY = """FROM (
        SELECT t.charge_group_id, t.id AS terms, NULL::bigint AS exception, f.currency FROM evcnet_terms_ahead t
        JOIN tariffs_tariff f ON f.id IN (t.tariff_id, t.prepaid_tariff_id, t.roaming_tariff_id)
        UNION ALL
        SELECT e.charge_group_id, NULL, e.id, f.currency FROM chargegroups_customerexception e
        JOIN tariffs_tariff f ON f.id = e.tariff_id
    ) u WHERE {scope} GROUP BY u.charge_group_id HAVING count(DISTINCT u.currency) > 1"""

GUARDS = [
    ("home_roaming", "roaming", "A Home group is not accessible for roaming.", HOME_ROAMING,
     {"chargegroups_terms": "t.id", "chargegroups_chargegroup": "g.id"}),
    ("home_published", "published", "The locations of a Home group are not published: unpublish the location first.", HOME_PUBLISHED,
     {"chargepoints_chargepoint": "p.id", "chargegroups_chargegroup": "g.id", "chargepoints_location": "l.id"}),
    ("prepaid_roaming", "roaming", "A prepaid customer's card has roaming off.", PREPAID_ROAMING,
     {"customers_chargecard": "k.id", "customers_customer": "c.id"}),
    ("social_netherlands", "social_charging",
     "Social charging only where all charge points of the group are in the Netherlands.", SOCIAL,
     {"chargegroups_terms": "t.id", "chargepoints_chargepoint": "p.id", "chargepoints_location": "l.id"}),
    ("closed_group", "charge_group", "A closed charge group has no charge points: choose another, or detach them first.", CLOSED,
     {"chargegroups_chargegroup": "g.id", "chargepoints_chargepoint": "p.id"}),
    ("one_currency", "tariff", "All tariffs of a charge group and its exceptions share one currency.", ONE_CURRENCY,
     {"chargegroups_terms": "u.charge_group_id", "chargegroups_customerexception": "u.charge_group_id"}),
]  # fmt: skip


def _statements(name, column, message, broken, tables):
    for table, key in tables.items():
        changed = "charge_group_id" if key == "u.charge_group_id" else "id"
        scope = f"{key} IN (SELECT {changed} FROM changed)"
        rows = broken.format(scope=scope) if "{scope}" in broken else f"{broken} AND {scope}"
        function = f"evcnet_guard_{name}_{table.split('_')[1]}"
        yield f"""
            CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF EXISTS (SELECT 1 {rows}) THEN
                    RAISE EXCEPTION '{message.replace("'", "''")}'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'guard_{name}', COLUMN = '{column}';
                END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER guard_{name}_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS changed
                FOR EACH STATEMENT EXECUTE FUNCTION {function}();
            CREATE TRIGGER guard_{name}_update AFTER UPDATE ON {table} REFERENCING NEW TABLE AS changed
                FOR EACH STATEMENT EXECUTE FUNCTION {function}();
        """


HISTORY = {
    "chargepoints_sessionevent": ["card_uid", "card_id", "note"],
    "chargepoints_chargepointevent": ["name"],
    "chargepoints_locationevent": ["name", "address", "postal_code", "city", "latitude", "longitude"],
    "chargepoints_connectorevent": [],
}
"""The event tables, and what an erasure may overwrite in each."""

STAYS = ["provider_id", "code", "charge_point_id", "card_uid", "started_at", "ended_at", "kwh", "parking_seconds",
         "verdict", "reason", "tariff_version_id", "tariff_source"]  # fmt: skip
OLD, NEW = (", ".join(f"{row}.{column}" for column in STAYS) for row in ("OLD", "NEW"))


RATINGS = f"""
CREATE FUNCTION evcnet_rating_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND evcnet_erasing(to_jsonb(OLD), to_jsonb(NEW), ARRAY['reason']) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'A rating is never changed or removed: correct it by another one, with a reason.'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'rating_append_only';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON chargepoints_rating
    FOR EACH ROW EXECUTE FUNCTION evcnet_rating_append_only();

CREATE FUNCTION evcnet_rated_session_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF evcnet_erasing(to_jsonb(OLD), to_jsonb(NEW), ARRAY['card_uid', 'card_id', 'note']) THEN
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT FROM chargepoints_rating WHERE session_id = OLD.id) THEN
        RAISE EXCEPTION 'The session is rated, so what was measured stays: correct its rating, with a reason.'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'session_rated_stays';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rated_stays BEFORE UPDATE ON chargepoints_session
    FOR EACH ROW WHEN (({OLD}) IS DISTINCT FROM ({NEW})) EXECUTE FUNCTION evcnet_rated_session_stays();
"""

PAST = "CREATE INDEX charge_point_history_by_identity ON chargepoints_chargepointevent (upper(identity));"
"""Which charge point had an identity at a past moment is asked of the history."""

OPERATIONS = [
    migrations.RunSQL(PAST, migrations.RunSQL.noop),
    migrations.RunSQL(CURRENT, "DROP VIEW evcnet_terms_ahead;"),
    migrations.RunSQL("".join(sql for guard in GUARDS for sql in _statements(*guard)), migrations.RunSQL.noop),
    migrations.RunSQL(RATINGS, migrations.RunSQL.noop),
    migrations.RunSQL(
        history_stays(HISTORY) + nothing_for_the_erased("chargepoints_chargepoint", column="owner_id", field="owner"),
        migrations.RunSQL.noop,
    ),
]


class Migration(migrations.Migration):
    dependencies = [
        ("chargepoints", "0002_decision_log"),
        ("chargegroups", "0002_guards"),
        ("customers", "0002_guards"),
    ]
    operations = OPERATIONS
