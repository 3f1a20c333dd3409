"""The user groups of an alert, as an array: as rows they were most of what a change of terms wrote."""

import django.contrib.postgres.fields
from django.db import migrations, models

TO_ARRAY = """
UPDATE customers_alert a SET user_group_ids = n.ids
FROM (SELECT alert_id, array_agg(usergroup_id ORDER BY usergroup_id) AS ids FROM customers_alert_user_groups GROUP BY alert_id) n
WHERE n.alert_id = a.id
"""
TO_ROWS = """
INSERT INTO customers_alert_user_groups (alert_id, usergroup_id)
SELECT a.id, u.id FROM customers_alert a JOIN customers_usergroup u ON u.id = ANY(a.user_group_ids)
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0019_cards_by_end")]

    operations = [
        migrations.AddField(
            "alert",
            "user_group_ids",
            django.contrib.postgres.fields.ArrayField(
                models.BigIntegerField(),
                default=list,
                help_text="Those that hold charge groups concerned, or customers affected.",
            ),
            preserve_default=False,
        ),
        migrations.RunSQL(TO_ARRAY, TO_ROWS),
        migrations.RemoveField("alert", "user_groups"),
    ]
