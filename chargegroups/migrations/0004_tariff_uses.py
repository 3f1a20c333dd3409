"""The user groups that use a tariff, as a view; and the guard that keeps a user group's own tariffs to it."""

from django.db import migrations, models

VIEW = """
CREATE VIEW evcnet_tariff_uses AS
SELECT t.provider_id, slot.tariff AS tariff_id, g.user_group_id
FROM evcnet_terms_ahead t JOIN chargegroups_chargegroup g ON g.id = t.charge_group_id
CROSS JOIN LATERAL (VALUES (t.tariff_id), (t.prepaid_tariff_id), (t.roaming_tariff_id)) slot (tariff)
WHERE slot.tariff IS NOT NULL
UNION
SELECT e.provider_id, e.tariff_id, g.user_group_id
FROM chargegroups_customerexception e JOIN chargegroups_chargegroup g ON g.id = e.charge_group_id
WHERE e.tariff_id IS NOT NULL AND (e.valid_until IS NULL OR e.valid_until > now());
COMMENT ON VIEW evcnet_tariff_uses IS 'Which user groups have charge groups that name a tariff, now or later.';

CREATE FUNCTION evcnet_is_within(user_group bigint, ancestor bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    WITH RECURSIVE above (id) AS (
        SELECT user_group
        UNION SELECT g.parent_id FROM customers_usergroup g JOIN above ON above.id = g.id
    )
    SELECT EXISTS (SELECT FROM above WHERE above.id = ancestor)
$$;
"""

TERMS = """FROM evcnet_terms_ahead t JOIN chargegroups_chargegroup g ON g.id = t.charge_group_id
    JOIN tariffs_tariff f ON f.id IN (t.tariff_id, t.prepaid_tariff_id, t.roaming_tariff_id)
    WHERE f.user_group_id IS NOT NULL AND NOT evcnet_is_within(g.user_group_id, f.user_group_id)"""
EXCEPTIONS = """FROM chargegroups_customerexception e JOIN chargegroups_chargegroup g ON g.id = e.charge_group_id
    JOIN tariffs_tariff f ON f.id = e.tariff_id
    WHERE f.user_group_id IS NOT NULL AND NOT evcnet_is_within(g.user_group_id, f.user_group_id)"""

CHANGED = "(SELECT id FROM changed)"
GUARDED = {
    "chargegroups_terms": (("INSERT", "UPDATE"), f"t.id IN {CHANGED}", None),
    "chargegroups_customerexception": (("INSERT", "UPDATE"), None, f"e.id IN {CHANGED}"),
    "chargegroups_chargegroup": (("UPDATE",), f"g.id IN {CHANGED}", f"g.id IN {CHANGED}"),
    "tariffs_tariff": (("UPDATE",), f"f.id IN {CHANGED}", f"f.id IN {CHANGED}"),
    "customers_usergroup": (("UPDATE",), "true", "true"),
}
"""By table: the statements that may break the rule, and which terms and exceptions have to be looked at after them."""


def _statements():
    for table, (events, terms, exceptions) in GUARDED.items():
        broken = [f"{rows} AND {which}" for rows, which in ((TERMS, terms), (EXCEPTIONS, exceptions)) if which]
        function = f"evcnet_guard_own_tariff_{table.split('_')[1]}"
        yield f"""
            CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF {" OR ".join(f"EXISTS (SELECT 1 {each})" for each in broken)} THEN
                    RAISE EXCEPTION 'A user group''s own tariff is used by its charge groups and by those of user groups below it alone: choose another tariff.'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'guard_own_tariff', COLUMN = 'tariff';
                END IF;
                RETURN NULL;
            END $$;
        """
        for event in events:
            yield f"""
            CREATE TRIGGER guard_own_tariff_{event.lower()} AFTER {event} ON {table} REFERENCING NEW TABLE AS changed
                FOR EACH STATEMENT EXECUTE FUNCTION {function}();
            """


class Migration(migrations.Migration):
    dependencies = [
        ("chargegroups", "0003_code_keys"),
        ("chargepoints", "0002_guards"),
        ("tariffs", "0004_own_tariffs"),
    ]

    operations = [
        migrations.RunSQL(VIEW, "DROP VIEW evcnet_tariff_uses;"),
        migrations.RunSQL("".join(_statements()), migrations.RunSQL.noop),
        migrations.CreateModel(
            name="TariffUse",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tariff_id", "user_group_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ],
            options={
                "verbose_name": "use of a tariff",
                "verbose_name_plural": "uses of tariffs",
                "db_table": "evcnet_tariff_uses",
                "managed": False,
            },
        ),
    ]
