"""Counts of exceptions: the ledger, and the triggers that keep it."""

from django.db import migrations, models

FUNCTIONS = """
CREATE FUNCTION evcnet_count_exceptions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    concerned bigint[];
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM chargegroups_exceptioncount;
        RETURN NULL;
    END IF;
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(customer_id) INTO concerned FROM added WHERE valid_from IS NULL AND valid_until IS NULL;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(customer_id) INTO concerned FROM removed WHERE valid_from IS NULL AND valid_until IS NULL;
    ELSE
        SELECT array_agg(customer_id) INTO concerned FROM (
            SELECT charge_group_id, customer_id, access, tariff_id FROM (
                SELECT charge_group_id, customer_id, access, tariff_id, 1 AS number FROM added
                WHERE valid_from IS NULL AND valid_until IS NULL
                UNION ALL SELECT charge_group_id, customer_id, access, tariff_id, -1 FROM removed
                WHERE valid_from IS NULL AND valid_until IS NULL
            ) side GROUP BY 1, 2, 3, 4 HAVING sum(number) <> 0
        ) differing;
    END IF;
    IF concerned IS NULL THEN
        RETURN NULL;
    END IF;
    -- Whoever changes the facts of these customers is waited for, and waits for us; others who except them need not.
    PERFORM FROM unnest(concerned) AS wanted (id) JOIN customers_customer c ON c.id = wanted.id
    WHERE c.xmin <> pg_current_xact_id()::xid ORDER BY c.id FOR SHARE OF c;
    IF TG_OP = 'INSERT' THEN
        INSERT INTO chargegroups_exceptioncount
            (charge_group_id, user_group_id, status, payment, roams, reachable, access, tariff_id, number)
        SELECT charge_group_id, user_group_id, status, payment, r.customer_id IS NOT NULL, email <> '', access, tariff_id, count(*)
        FROM added x JOIN customers_customer c ON c.id = x.customer_id
        LEFT JOIN customers_roamingcustomer r ON r.customer_id = c.id
        WHERE valid_from IS NULL AND valid_until IS NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO chargegroups_exceptioncount
            (charge_group_id, user_group_id, status, payment, roams, reachable, access, tariff_id, number)
        SELECT charge_group_id, user_group_id, status, payment, r.customer_id IS NOT NULL, email <> '', access, tariff_id, -count(*)
        FROM removed x JOIN customers_customer c ON c.id = x.customer_id
        LEFT JOIN customers_roamingcustomer r ON r.customer_id = c.id
        WHERE valid_from IS NULL AND valid_until IS NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
    ELSE
        INSERT INTO chargegroups_exceptioncount
            (charge_group_id, user_group_id, status, payment, roams, reachable, access, tariff_id, number)
        SELECT charge_group_id, user_group_id, status, payment, r.customer_id IS NOT NULL, email <> '', access, tariff_id, sum(x.number)
        FROM (
            SELECT charge_group_id, customer_id, access, tariff_id, 1 AS number FROM added
            WHERE valid_from IS NULL AND valid_until IS NULL
            UNION ALL SELECT charge_group_id, customer_id, access, tariff_id, -1 FROM removed
            WHERE valid_from IS NULL AND valid_until IS NULL
        ) x JOIN customers_customer c ON c.id = x.customer_id
        LEFT JOIN customers_roamingcustomer r ON r.customer_id = c.id
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(x.number) <> 0;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION evcnet_count_exceptions_of_customers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO chargegroups_exceptioncount
            (charge_group_id, user_group_id, status, payment, roams, reachable, access, tariff_id, number)
        SELECT charge_group_id, user_group_id, status, payment, r.customer_id IS NOT NULL, email <> '', access, tariff_id, count(*)
        FROM added c JOIN chargegroups_customerexception x ON x.customer_id = c.id
        LEFT JOIN customers_roamingcustomer r ON r.customer_id = c.id
        WHERE valid_from IS NULL AND valid_until IS NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO chargegroups_exceptioncount
            (charge_group_id, user_group_id, status, payment, roams, reachable, access, tariff_id, number)
        SELECT charge_group_id, user_group_id, status, payment, r.customer_id IS NOT NULL, email <> '', access, tariff_id, -count(*)
        FROM removed c JOIN chargegroups_customerexception x ON x.customer_id = c.id
        LEFT JOIN customers_roamingcustomer r ON r.customer_id = c.id
        WHERE valid_from IS NULL AND valid_until IS NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
    ELSE
        INSERT INTO chargegroups_exceptioncount
            (charge_group_id, user_group_id, status, payment, roams, reachable, access, tariff_id, number)
        SELECT charge_group_id, user_group_id, status, payment, r.customer_id IS NOT NULL, reachable, access, tariff_id, sum(c.number)
        FROM (
            SELECT id, user_group_id, status, payment, reachable, sum(number) AS number FROM (
                SELECT id, user_group_id, status, payment, email <> '' AS reachable, 1 AS number FROM added
                UNION ALL SELECT id, user_group_id, status, payment, email <> '', -1 FROM removed
            ) side GROUP BY 1, 2, 3, 4, 5 HAVING sum(number) <> 0
        ) c JOIN chargegroups_customerexception x ON x.customer_id = c.id
        LEFT JOIN customers_roamingcustomer r ON r.customer_id = c.id
        WHERE valid_from IS NULL AND valid_until IS NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(c.number) <> 0;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION evcnet_count_exceptions_of_roaming() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO chargegroups_exceptioncount
            (charge_group_id, user_group_id, status, payment, roams, reachable, access, tariff_id, number)
        SELECT charge_group_id, user_group_id, status, payment, side.roams, email <> '', access, tariff_id, sum(side.number)
        FROM added r JOIN customers_customer c ON c.id = r.customer_id
        JOIN chargegroups_customerexception x ON x.customer_id = c.id
        CROSS JOIN (VALUES (true, 1), (false, -1)) side (roams, number)
        WHERE valid_from IS NULL AND valid_until IS NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
    ELSE
        INSERT INTO chargegroups_exceptioncount
            (charge_group_id, user_group_id, status, payment, roams, reachable, access, tariff_id, number)
        SELECT charge_group_id, user_group_id, status, payment, side.roams, email <> '', access, tariff_id, sum(side.number)
        FROM removed r JOIN customers_customer c ON c.id = r.customer_id
        JOIN chargegroups_customerexception x ON x.customer_id = c.id
        CROSS JOIN (VALUES (true, -1), (false, 1)) side (roams, number)
        WHERE valid_from IS NULL AND valid_until IS NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
    END IF;
    RETURN NULL;
END $$;
"""

# On customers between those of their own counts, which fire by their names: the roaming ones change last.
TRIGGERS = """
CREATE TRIGGER counts_exceptions_insert AFTER INSERT ON chargegroups_customerexception REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION evcnet_count_exceptions();
CREATE TRIGGER counts_exceptions_update AFTER UPDATE ON chargegroups_customerexception
    REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION evcnet_count_exceptions();
CREATE TRIGGER counts_exceptions_delete AFTER DELETE ON chargegroups_customerexception REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION evcnet_count_exceptions();
CREATE TRIGGER counts_forget AFTER TRUNCATE ON chargegroups_customerexception
    FOR EACH STATEMENT EXECUTE FUNCTION evcnet_count_exceptions();

CREATE TRIGGER counts_2_exceptions_insert AFTER INSERT ON customers_customer REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION evcnet_count_exceptions_of_customers();
CREATE TRIGGER counts_2_exceptions_update AFTER UPDATE ON customers_customer
    REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION evcnet_count_exceptions_of_customers();
CREATE TRIGGER counts_2_exceptions_delete AFTER DELETE ON customers_customer REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION evcnet_count_exceptions_of_customers();

CREATE TRIGGER counts_2_exceptions_insert AFTER INSERT ON customers_roamingcustomer REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION evcnet_count_exceptions_of_roaming();
CREATE TRIGGER counts_2_exceptions_delete AFTER DELETE ON customers_roamingcustomer REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION evcnet_count_exceptions_of_roaming();
"""

FILL = """
LOCK TABLE customers_customer, chargegroups_customerexception IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO chargegroups_exceptioncount
    (charge_group_id, user_group_id, status, payment, roams, reachable, access, tariff_id, number)
SELECT charge_group_id, user_group_id, status, payment, r.customer_id IS NOT NULL, email <> '', access, tariff_id, count(*)
FROM chargegroups_customerexception x JOIN customers_customer c ON c.id = x.customer_id
LEFT JOIN customers_roamingcustomer r ON r.customer_id = c.id
WHERE valid_from IS NULL AND valid_until IS NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("chargegroups", "0004_tariff_uses"),
        ("customers", "0017_counts"),
        ("tariffs", "0004_own_tariffs"),
    ]

    operations = [
        migrations.CreateModel(
            name="ExceptionCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("charge_group_id", models.BigIntegerField()),
                ("user_group_id", models.BigIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("active", "active"),
                            ("blocked", "blocked"),
                            ("deactivated", "deactivated"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "payment",
                    models.CharField(
                        choices=[("subscription", "subscription"), ("prepaid", "prepaid (direct payment)")],
                        max_length=12,
                    ),
                ),
                ("roams", models.BooleanField()),
                ("reachable", models.BooleanField()),
                (
                    "access",
                    models.CharField(
                        choices=[("policy", "as the policy says"), ("allowed", "allowed"), ("denied", "denied")],
                        max_length=7,
                    ),
                ),
                ("tariff_id", models.BigIntegerField(null=True)),
                ("number", models.BigIntegerField()),
            ],
            options={"verbose_name": "count of exceptions", "verbose_name_plural": "counts of exceptions"},
        ),
        migrations.AddIndex(
            model_name="customerexception",
            index=models.Index(
                condition=models.Q(("valid_from__isnull", False), ("valid_until__isnull", False), _connector="OR"),
                fields=["charge_group", "customer"],
                name="exception_for_a_time",
            ),
        ),
        migrations.AddIndex(
            model_name="exceptioncount",
            index=models.Index(fields=["charge_group_id"], name="exception_count_of_group"),
        ),
        migrations.RunSQL(FUNCTIONS + FILL + TRIGGERS, migrations.RunSQL.noop),
    ]
