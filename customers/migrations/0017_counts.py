"""Counts of customers: the ledger, the customers who roam, and the triggers that keep both."""

from django.db import migrations, models

FUNCTIONS = """
CREATE FUNCTION evcnet_count_customers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO customers_customercount (provider_id, user_group_id, status, payment, roams, reachable, number)
        SELECT provider_id, user_group_id, status, payment, r.customer_id IS NOT NULL, email <> '', count(*)
        FROM added c LEFT JOIN customers_roamingcustomer r ON r.customer_id = c.id GROUP BY 1, 2, 3, 4, 5, 6;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO customers_customercount (provider_id, user_group_id, status, payment, roams, reachable, number)
        SELECT provider_id, user_group_id, status, payment, r.customer_id IS NOT NULL, email <> '', -count(*)
        FROM removed c LEFT JOIN customers_roamingcustomer r ON r.customer_id = c.id GROUP BY 1, 2, 3, 4, 5, 6;
    ELSE
        INSERT INTO customers_customercount (provider_id, user_group_id, status, payment, roams, reachable, number)
        SELECT provider_id, user_group_id, status, payment, r.customer_id IS NOT NULL, email <> '', sum(side.number)
        FROM (
            SELECT id, provider_id, user_group_id, status, payment, email, 1 AS number FROM added
            UNION ALL SELECT id, provider_id, user_group_id, status, payment, email, -1 FROM removed
        ) side LEFT JOIN customers_roamingcustomer r ON r.customer_id = side.id
        GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(side.number) <> 0;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION evcnet_count_roaming() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO customers_customercount (provider_id, user_group_id, status, payment, roams, reachable, number)
        SELECT provider_id, user_group_id, status, payment, side.roams, email <> '', sum(side.number)
        FROM added r JOIN customers_customer c ON c.id = r.customer_id
        CROSS JOIN (VALUES (true, 1), (false, -1)) side (roams, number) GROUP BY 1, 2, 3, 4, 5, 6;
    ELSE
        INSERT INTO customers_customercount (provider_id, user_group_id, status, payment, roams, reachable, number)
        SELECT provider_id, user_group_id, status, payment, side.roams, email <> '', sum(side.number)
        FROM removed r JOIN customers_customer c ON c.id = r.customer_id
        CROSS JOIN (VALUES (true, -1), (false, 1)) side (roams, number) GROUP BY 1, 2, 3, 4, 5, 6;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION evcnet_keep_roaming(customers bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- Whoever changes these customers, or others of their cards, is waited for; from here on they wait for us. Rows that
    -- this transaction has written are locked already.
    PERFORM FROM unnest(customers) AS wanted (id) JOIN customers_customer c ON c.id = wanted.id
    WHERE c.xmin <> pg_current_xact_id()::xid ORDER BY c.id FOR NO KEY UPDATE OF c;
    DELETE FROM customers_roamingcustomer r USING unnest(customers) AS wanted (id)
    WHERE r.customer_id = wanted.id AND NOT EXISTS (
        SELECT FROM customers_chargecard k WHERE k.customer_id = r.customer_id
        AND k.roaming AND k.status = 'active' AND k.valid_from IS NULL AND k.valid_until IS NULL
    );
    INSERT INTO customers_roamingcustomer (customer_id)
    SELECT c.id FROM unnest(customers) AS wanted (id) JOIN customers_customer c ON c.id = wanted.id
    WHERE EXISTS (
        SELECT FROM customers_chargecard k WHERE k.customer_id = c.id
        AND k.roaming AND k.status = 'active' AND k.valid_from IS NULL AND k.valid_until IS NULL
    ) AND NOT EXISTS (SELECT FROM customers_roamingcustomer r WHERE r.customer_id = c.id);
END $$;

CREATE FUNCTION evcnet_roaming_of_cards() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    concerned bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT customer_id) INTO concerned FROM added
        WHERE roaming AND status = 'active' AND valid_from IS NULL AND valid_until IS NULL AND customer_id IS NOT NULL;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT customer_id) INTO concerned FROM removed
        WHERE roaming AND status = 'active' AND valid_from IS NULL AND valid_until IS NULL AND customer_id IS NOT NULL;
    ELSE
        SELECT array_agg(DISTINCT customer_id) INTO concerned FROM (
            SELECT id, customer_id, sum(number) FROM (
                SELECT id, customer_id, 1 AS number FROM added WHERE roaming AND status = 'active'
                    AND valid_from IS NULL AND valid_until IS NULL AND customer_id IS NOT NULL
                UNION ALL SELECT id, customer_id, -1 FROM removed WHERE roaming AND status = 'active'
                    AND valid_from IS NULL AND valid_until IS NULL AND customer_id IS NOT NULL
            ) side GROUP BY 1, 2 HAVING sum(number) <> 0
        ) differing;
    END IF;
    IF concerned IS NOT NULL THEN
        PERFORM evcnet_keep_roaming(concerned);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION evcnet_roaming_of_customers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- Keys are checked at the end of a transaction, so that cards may come before whom they belong to.
        INSERT INTO customers_roamingcustomer (customer_id)
        SELECT id FROM added c WHERE EXISTS (
            SELECT FROM customers_chargecard k WHERE k.customer_id = c.id
            AND k.roaming AND k.status = 'active' AND k.valid_from IS NULL AND k.valid_until IS NULL
        ) AND NOT EXISTS (SELECT FROM customers_roamingcustomer r WHERE r.customer_id = c.id);
    ELSE
        DELETE FROM customers_roamingcustomer r USING removed WHERE r.customer_id = removed.id;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION evcnet_forget_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Of customers nothing is left to count; without cards nobody roams any more.
    IF TG_TABLE_NAME = 'customers_customer' THEN
        DELETE FROM customers_customercount;
    END IF;
    DELETE FROM customers_roamingcustomer;
    RETURN NULL;
END $$;
"""

# Triggers of one event fire by their names: the customers are counted before the roaming ones among them are found.
TRIGGERS = """
CREATE TRIGGER counts_1_customers_insert AFTER INSERT ON customers_customer REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION evcnet_count_customers();
CREATE TRIGGER counts_1_customers_update AFTER UPDATE ON customers_customer
    REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION evcnet_count_customers();
CREATE TRIGGER counts_1_customers_delete AFTER DELETE ON customers_customer REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION evcnet_count_customers();
CREATE TRIGGER counts_3_roaming_insert AFTER INSERT ON customers_customer REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION evcnet_roaming_of_customers();
CREATE TRIGGER counts_3_roaming_delete AFTER DELETE ON customers_customer REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION evcnet_roaming_of_customers();
CREATE TRIGGER counts_forget AFTER TRUNCATE ON customers_customer
    FOR EACH STATEMENT EXECUTE FUNCTION evcnet_forget_counts();

CREATE TRIGGER counts_roaming_insert AFTER INSERT ON customers_chargecard REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION evcnet_roaming_of_cards();
CREATE TRIGGER counts_roaming_update AFTER UPDATE ON customers_chargecard
    REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION evcnet_roaming_of_cards();
CREATE TRIGGER counts_roaming_delete AFTER DELETE ON customers_chargecard REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION evcnet_roaming_of_cards();
CREATE TRIGGER counts_forget AFTER TRUNCATE ON customers_chargecard
    FOR EACH STATEMENT EXECUTE FUNCTION evcnet_forget_counts();

CREATE TRIGGER counts_1_customers_insert AFTER INSERT ON customers_roamingcustomer REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION evcnet_count_roaming();
CREATE TRIGGER counts_1_customers_delete AFTER DELETE ON customers_roamingcustomer REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION evcnet_count_roaming();
"""

# Before the triggers, under a lock that keeps writers out: what is filled here is counted once.
FILL = """
LOCK TABLE customers_customer, customers_chargecard IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO customers_roamingcustomer (customer_id)
SELECT DISTINCT customer_id FROM customers_chargecard
WHERE roaming AND status = 'active' AND valid_from IS NULL AND valid_until IS NULL AND customer_id IS NOT NULL;
INSERT INTO customers_customercount (provider_id, user_group_id, status, payment, roams, reachable, number)
SELECT provider_id, user_group_id, status, payment, r.customer_id IS NOT NULL, email <> '', count(*)
FROM customers_customer c LEFT JOIN customers_roamingcustomer r ON r.customer_id = c.id GROUP BY 1, 2, 3, 4, 5, 6;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0016_search_texts"),
    ]

    operations = [
        migrations.CreateModel(
            name="CustomerCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider_id", models.BigIntegerField()),
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
                ("number", models.BigIntegerField()),
            ],
            options={"verbose_name": "count of customers", "verbose_name_plural": "counts of customers"},
        ),
        migrations.CreateModel(
            name="RoamingCustomer",
            fields=[
                ("customer_id", models.BigIntegerField(primary_key=True, serialize=False)),
            ],
        ),
        migrations.AddIndex(
            model_name="chargecard",
            index=models.Index(
                condition=models.Q(
                    ("roaming", True),
                    ("status", "active"),
                    models.Q(("valid_from__isnull", False), ("valid_until__isnull", False), _connector="OR"),
                ),
                fields=["provider", "customer"],
                include=("valid_from", "valid_until"),
                name="card_that_roams_for_a_time",
            ),
        ),
        migrations.AddIndex(
            model_name="customercount",
            index=models.Index(fields=["provider_id", "user_group_id"], name="customer_count_of_provider"),
        ),
        migrations.RunSQL(FUNCTIONS + FILL + TRIGGERS, migrations.RunSQL.noop),
    ]
