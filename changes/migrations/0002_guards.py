"""The history of changes stays; only an erasure overwrites what names a person."""

from django.db import migrations

from evcnet.guards import history_stays

HISTORY = {"changes_changeevent": ["sentence", "reason", "proposal", "earlier", "impact"]}

OPERATIONS = [migrations.RunSQL(history_stays(HISTORY), migrations.RunSQL.noop)]


class Migration(migrations.Migration):
    dependencies = [("changes", "0001_initial"), ("customers", "0002_guards")]
    operations = OPERATIONS
