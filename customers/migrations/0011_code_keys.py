"""Uids are kept apart, looked up and searched for by their key, without letter case and separators; numbers are searched
for so. Two cards that are one by it stop the migration, which names them."""

import django.contrib.postgres.indexes
import evcnet.code_collisions
import evcnet.code_keys
import evcnet.validators
from django.db import migrations, models

from evcnet.codes import UID_SEPARATORS, key_sql


def refuse_collisions(apps, schema_editor):
    evcnet.code_collisions.refuse_collisions(apps.get_model("customers", "ChargeCard"), "uid", evcnet.code_keys.UidKey)


BEFORE = "CREATE INDEX card_history_by_uid ON customers_chargecardevent (upper(uid));"
AFTER = f"CREATE INDEX card_history_by_uid ON customers_chargecardevent ({key_sql('uid', UID_SEPARATORS)});"
DROP = "DROP INDEX card_history_by_uid;"


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0010_import_mapping"),
    ]

    operations = [
        migrations.RunPython(refuse_collisions, migrations.RunPython.noop),
        migrations.RemoveConstraint(
            model_name="chargecard",
            name="card_uid_once",
        ),
        migrations.RemoveIndex(
            model_name="chargecard",
            name="card_uid_parts",
        ),
        migrations.RemoveIndex(
            model_name="chargecard",
            name="card_visual_number_parts",
        ),
        migrations.RemoveIndex(
            model_name="customer",
            name="customer_number_parts",
        ),
        migrations.AlterField(
            model_name="apikey",
            name="name",
            field=models.CharField(
                help_text="Which program uses it, such as “backend of Leusden”.",
                max_length=100,
                validators=[evcnet.validators.validate_name],
            ),
        ),
        migrations.AlterField(
            model_name="apikeyevent",
            name="name",
            field=models.CharField(
                help_text="Which program uses it, such as “backend of Leusden”.",
                max_length=100,
                validators=[evcnet.validators.validate_name],
            ),
        ),
        migrations.AlterField(
            model_name="chargecard",
            name="uid",
            field=models.CharField(
                help_text="What the reader sees.",
                max_length=36,
                validators=[evcnet.validators.validate_key],
                verbose_name="uid",
            ),
        ),
        migrations.AlterField(
            model_name="chargecard",
            name="visual_number",
            field=models.CharField(
                blank=True,
                help_text="What is printed on the card.",
                max_length=64,
                validators=[evcnet.validators.validate_print],
            ),
        ),
        migrations.AlterField(
            model_name="chargecardevent",
            name="uid",
            field=models.CharField(
                help_text="What the reader sees.",
                max_length=36,
                validators=[evcnet.validators.validate_key],
                verbose_name="uid",
            ),
        ),
        migrations.AlterField(
            model_name="chargecardevent",
            name="visual_number",
            field=models.CharField(
                blank=True,
                help_text="What is printed on the card.",
                max_length=64,
                validators=[evcnet.validators.validate_print],
            ),
        ),
        migrations.AlterField(
            model_name="customer",
            name="name",
            field=models.CharField(max_length=200, validators=[evcnet.validators.validate_name]),
        ),
        migrations.AlterField(
            model_name="customer",
            name="number",
            field=models.CharField(
                max_length=36, validators=[evcnet.validators.validate_code], verbose_name="customer number"
            ),
        ),
        migrations.AlterField(
            model_name="customerevent",
            name="name",
            field=models.CharField(max_length=200, validators=[evcnet.validators.validate_name]),
        ),
        migrations.AlterField(
            model_name="customerevent",
            name="number",
            field=models.CharField(
                max_length=36, validators=[evcnet.validators.validate_code], verbose_name="customer number"
            ),
        ),
        migrations.AlterField(
            model_name="provider",
            name="code",
            field=models.CharField(
                error_messages={"unique": "This code cannot be used."},
                max_length=36,
                unique=True,
                validators=[evcnet.validators.validate_code],
            ),
        ),
        migrations.AlterField(
            model_name="provider",
            name="name",
            field=models.CharField(max_length=100, validators=[evcnet.validators.validate_name]),
        ),
        migrations.AlterField(
            model_name="providerevent",
            name="code",
            field=models.CharField(
                error_messages={"unique": "This code cannot be used."},
                max_length=36,
                validators=[evcnet.validators.validate_code],
            ),
        ),
        migrations.AlterField(
            model_name="providerevent",
            name="name",
            field=models.CharField(max_length=100, validators=[evcnet.validators.validate_name]),
        ),
        migrations.AlterField(
            model_name="staffmember",
            name="name",
            field=models.CharField(max_length=100, validators=[evcnet.validators.validate_name]),
        ),
        migrations.AlterField(
            model_name="staffmemberevent",
            name="name",
            field=models.CharField(max_length=100, validators=[evcnet.validators.validate_name]),
        ),
        migrations.AlterField(
            model_name="usergroup",
            name="code",
            field=models.CharField(max_length=36, validators=[evcnet.validators.validate_code]),
        ),
        migrations.AlterField(
            model_name="usergroup",
            name="name",
            field=models.CharField(max_length=100, validators=[evcnet.validators.validate_name]),
        ),
        migrations.AlterField(
            model_name="usergroupevent",
            name="code",
            field=models.CharField(max_length=36, validators=[evcnet.validators.validate_code]),
        ),
        migrations.AlterField(
            model_name="usergroupevent",
            name="name",
            field=models.CharField(max_length=100, validators=[evcnet.validators.validate_name]),
        ),
        migrations.AddIndex(
            model_name="chargecard",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(evcnet.code_keys.UidKey("uid"), name="gin_trgm_ops"),
                name="card_uid_key_parts",
            ),
        ),
        migrations.AddIndex(
            model_name="chargecard",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    evcnet.code_keys.IdentityKey("visual_number"), name="gin_trgm_ops"
                ),
                name="card_visual_key_parts",
            ),
        ),
        migrations.AddIndex(
            model_name="chargecard",
            index=models.Index(
                models.F("provider"), evcnet.code_keys.UnpaddedUidKey("uid"), name="card_uid_without_zeros"
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                models.F("provider"), evcnet.code_keys.IdentityKey("number"), name="customer_by_number_key"
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(evcnet.code_keys.IdentityKey("number"), name="gin_trgm_ops"),
                name="customer_number_key_parts",
            ),
        ),
        migrations.AddConstraint(
            model_name="chargecard",
            constraint=models.UniqueConstraint(
                evcnet.code_keys.UidKey("uid"), name="card_uid_once", violation_error_message="This uid cannot be used."
            ),
        ),
        migrations.RunSQL(DROP + AFTER, DROP + BEFORE),
    ]
