"""Indexes in the order of time for each filter of the list of decisions, and for cards that were asked about elsewhere."""

from django.db import migrations

SQL = """
CREATE INDEX decision_in_time ON chargepoints_decisionentry (asked_at DESC, id DESC);
CREATE INDEX decision_by_reason ON chargepoints_decisionentry (provider_id, reason, asked_at DESC, id DESC);
CREATE INDEX decision_by_verdict ON chargepoints_decisionentry (provider_id, verdict, asked_at DESC, id DESC);
CREATE INDEX decision_typed ON chargepoints_decisionentry (provider_id, asked_at DESC, id DESC) WHERE source = 'explainer';
CREATE INDEX decision_elsewhere ON chargepoints_decisionentry (card_provider_id, asked_at DESC, id DESC)
    WHERE card_provider_id <> provider_id;
CREATE INDEX decision_elsewhere_by_reason ON chargepoints_decisionentry (card_provider_id, reason, asked_at DESC, id DESC)
    WHERE card_provider_id <> provider_id;
CREATE INDEX decision_elsewhere_by_verdict ON chargepoints_decisionentry (card_provider_id, verdict, asked_at DESC, id DESC)
    WHERE card_provider_id <> provider_id;
"""


class Migration(migrations.Migration):
    dependencies = [("chargepoints", "0002_guards")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
