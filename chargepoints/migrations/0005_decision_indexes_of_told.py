"""Indexes of decisions on cards that were not accepted, and of those typed at points of others, in the order of time."""

from django.db import migrations

SQL = """
CREATE INDEX decision_not_accepted ON chargepoints_decisionentry (provider_id, asked_at DESC, id DESC)
    WHERE told = 'card_not_accepted';
CREATE INDEX decision_elsewhere_typed ON chargepoints_decisionentry (card_provider_id, asked_at DESC, id DESC)
    WHERE card_provider_id <> provider_id AND source = 'explainer';
"""


class Migration(migrations.Migration):
    dependencies = [("chargepoints", "0004_rating_notes")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
