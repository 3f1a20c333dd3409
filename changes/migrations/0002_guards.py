"""The history of changes stays; only an erasure overwrites what names a person."""

from django.db import migrations

SQL = """
CREATE TRIGGER history_stays BEFORE UPDATE OR DELETE ON changes_changeevent
    FOR EACH ROW EXECUTE FUNCTION evcnet_history_stays('sentence', 'reason', 'proposal', 'earlier', 'impact');
"""

OPERATIONS = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]


class Migration(migrations.Migration):
    dependencies = [("changes", "0001_initial"), ("customers", "0002_guards")]
    operations = OPERATIONS
