"""The connector of an EVSE, beside the EVSE, of a transaction of OCPP 2.0.1."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gateway", "0005_state_changed_at")]

    operations = [
        migrations.AddField("transaction", "connector", models.PositiveIntegerField(db_default=0, default=0)),
    ]
