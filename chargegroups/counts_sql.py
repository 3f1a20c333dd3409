"""The statement that counts customers by their facts of today: from ledgers, and one by one only whose facts the clock decides."""

from __future__ import annotations

from chargegroups.facts_sql import AMONG, COLUMNS, FACTS, today
from evcnet.validity import valid_at_sql

FOR_A_TIME = "({0}.valid_from IS NOT NULL OR {0}.valid_until IS NOT NULL)"
# Whom the ledgers cannot count: an exception or a roaming card counts for a time, exceptions in several groups count together,
# or something is proposed. A card for a time makes no difference to who has another that always roams.
_ONE_BY_ONE = f"""among (id) AS MATERIALIZED (
    SELECT customer_id FROM chargegroups_customerexception x
    WHERE charge_group_id = ANY(%(groups)s) AND {FOR_A_TIME.format("x")} AND {valid_at_sql("x")}
    UNION SELECT customer_id FROM customers_chargecard k
    WHERE %(roaming)s AND provider_id = %(provider)s AND roaming AND status = 'active' AND {FOR_A_TIME.format("k")}
        AND {valid_at_sql("k")} AND NOT EXISTS (SELECT FROM customers_roamingcustomer r WHERE r.customer_id = k.customer_id)
    UNION SELECT customer_id FROM chargegroups_customerexception
    WHERE cardinality(%(groups)s::bigint[]) > 1 AND charge_group_id = ANY(%(groups)s) GROUP BY customer_id HAVING count(*) > 1
    UNION SELECT unnest(%(concerned)s::bigint[])
)"""
# An exception takes its customer from those without one. Whoever is read one by one is taken from where the ledgers have them.
_COUNTED = """counted AS (
    SELECT user_group_id, payment, status, roams, NULL::jsonb AS exceptions, reachable, number
    FROM customers_customercount WHERE provider_id = %(provider)s
    UNION ALL
    SELECT user_group_id, payment, status, roams, side.exceptions, reachable, number * side.sign
    FROM chargegroups_exceptioncount CROSS JOIN LATERAL (
        VALUES (NULL, -1), (jsonb_build_object(charge_group_id, jsonb_build_array(access, tariff_id)), 1)
    ) side (exceptions, sign) WHERE charge_group_id = ANY(%(groups)s)
    UNION ALL
    SELECT user_group_id, payment, status, r.customer_id IS NOT NULL, side.exceptions, reachable, side.sign
    FROM customers c LEFT JOIN customers_roamingcustomer r ON r.customer_id = c.id CROSS JOIN LATERAL (
        SELECT NULL::jsonb AS exceptions, -1 AS sign
        UNION ALL
        SELECT each.exceptions, each.sign FROM chargegroups_customerexception x CROSS JOIN LATERAL (
            VALUES (NULL, 1), (jsonb_build_object(charge_group_id, jsonb_build_array(access, tariff_id)), -1)
        ) each (exceptions, sign)
        WHERE x.customer_id = c.id AND charge_group_id = ANY(%(groups)s) AND valid_from IS NULL AND valid_until IS NULL
    ) side
)"""
COUNTS = f"""WITH {_ONE_BY_ONE}, {today(AMONG)}, {FACTS}, {_COUNTED}
SELECT {COLUMNS}, sum(number)::bigint, coalesce(sum(number) FILTER (WHERE NOT reachable), 0)::bigint FROM (
    SELECT user_group_id, payment, status, roams AND %(roaming)s AS roams, exceptions, NULL::jsonb AS changed,
        NULL::bigint AS moved_to, NULL::jsonb AS younger_card, reachable, number
    FROM counted WHERE (%(statuses)s::text[] IS NULL OR status = ANY(%(statuses)s))
        AND (%(user_groups)s::bigint[] IS NULL OR user_group_id = ANY(%(user_groups)s))
    UNION ALL SELECT {COLUMNS}, reachable, 1 FROM facts
) entry GROUP BY {COLUMNS} HAVING sum(number) <> 0"""
"""Each distinct set of facts, how many customers share it, and how many of these have no e-mail address.

One statement, and so one moment: a customer who is being changed is counted as before, or as afterwards.
"""
