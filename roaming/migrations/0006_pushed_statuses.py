"""The status of each EVSE as it was sent to a partner last."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("roaming", "0005_pushes")]

    operations = [migrations.AddField("pushedobject", "statuses", models.JSONField(default=dict))]
