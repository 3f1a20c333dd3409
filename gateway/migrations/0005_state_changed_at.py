"""When what a device says of its charge point became another: for those that have connected, the moment of this migration."""

from django.db import migrations, models

NOW = "UPDATE gateway_device SET state_changed_at = clock_timestamp() WHERE connected_at IS NOT NULL"


class Migration(migrations.Migration):
    dependencies = [("gateway", "0004_remote_start")]

    operations = [
        migrations.AddField("device", "state_changed_at", models.DateTimeField(null=True)),
        migrations.RunSQL(NOW, migrations.RunSQL.noop),
    ]
