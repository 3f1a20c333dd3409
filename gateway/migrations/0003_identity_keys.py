"""Devices that knock are kept once by their identity's key; of two that are one by it the later one stays."""

from django.db import migrations, models

from evcnet.code_keys import IdentityKey
from evcnet.codes import IDENTITY_SEPARATORS, key_sql

ONE_EACH = f"""
DELETE FROM gateway_unknowndevice earlier USING gateway_unknowndevice later
WHERE {key_sql("earlier.identity", IDENTITY_SEPARATORS)} = {key_sql("later.identity", IDENTITY_SEPARATORS)}
    AND earlier.id < later.id;
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0011_code_keys"), ("gateway", "0002_messages")]

    operations = [
        migrations.RunSQL(ONE_EACH, migrations.RunSQL.noop),
        migrations.RemoveConstraint(model_name="unknowndevice", name="unknown_device_once"),
        migrations.AddConstraint(
            model_name="unknowndevice",
            constraint=models.UniqueConstraint(IdentityKey("identity"), name="unknown_device_once"),
        ),
    ]
