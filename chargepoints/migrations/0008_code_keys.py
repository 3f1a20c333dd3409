"""Identities and uids are kept apart and looked up by their key, without letter case and separators; EVSE IDs are searched
for so. Two charge points that are one by it stop the migration, which names them."""

import django.contrib.postgres.indexes
import django.db.models.functions.text
import evcnet.code_collisions
import evcnet.code_keys
import evcnet.validators
from django.db import migrations, models

from evcnet.codes import IDENTITY_SEPARATORS, UID_SEPARATORS, key_sql


def refuse_collisions(apps, schema_editor):
    evcnet.code_collisions.refuse_collisions(
        apps.get_model("chargepoints", "ChargePoint"), "identity", evcnet.code_keys.IdentityKey
    )


BEFORE = """
DROP INDEX charge_point_history_by_identity;
CREATE INDEX charge_point_history_by_identity ON chargepoints_chargepointevent (upper(identity));
DROP INDEX decision_by_uid;
CREATE INDEX decision_by_uid ON chargepoints_decisionentry (upper(card_uid), asked_at DESC);
"""
AFTER = f"""
DROP INDEX charge_point_history_by_identity;
CREATE INDEX charge_point_history_by_identity
    ON chargepoints_chargepointevent ({key_sql("identity", IDENTITY_SEPARATORS)});
DROP INDEX decision_by_uid;
CREATE INDEX decision_by_uid ON chargepoints_decisionentry ({key_sql("card_uid", UID_SEPARATORS)}, asked_at DESC);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("chargegroups", "0003_code_keys"),
        ("chargepoints", "0007_session_periods"),
        ("customers", "0011_code_keys"),
        ("tariffs", "0003_code_keys"),
    ]

    operations = [
        migrations.RunPython(refuse_collisions, migrations.RunPython.noop),
        migrations.RemoveConstraint(
            model_name="chargepoint",
            name="charge_point_identity_once",
        ),
        migrations.RemoveIndex(
            model_name="session",
            name="session_of_card",
        ),
        migrations.AlterField(
            model_name="chargepoint",
            name="evse_id",
            field=models.CharField(
                blank=True,
                help_text="Such as NL*GRG*E148*2.",
                max_length=48,
                validators=[evcnet.validators.validate_key],
                verbose_name="EVSE ID",
            ),
        ),
        migrations.AlterField(
            model_name="chargepoint",
            name="identity",
            field=models.CharField(
                help_text="What the device calls itself; unique on the platform.",
                max_length=48,
                validators=[evcnet.validators.validate_key],
            ),
        ),
        migrations.AlterField(
            model_name="chargepoint",
            name="name",
            field=models.CharField(blank=True, max_length=100, validators=[evcnet.validators.validate_name]),
        ),
        migrations.AlterField(
            model_name="chargepointevent",
            name="evse_id",
            field=models.CharField(
                blank=True,
                help_text="Such as NL*GRG*E148*2.",
                max_length=48,
                validators=[evcnet.validators.validate_key],
                verbose_name="EVSE ID",
            ),
        ),
        migrations.AlterField(
            model_name="chargepointevent",
            name="identity",
            field=models.CharField(
                help_text="What the device calls itself; unique on the platform.",
                max_length=48,
                validators=[evcnet.validators.validate_key],
            ),
        ),
        migrations.AlterField(
            model_name="chargepointevent",
            name="name",
            field=models.CharField(blank=True, max_length=100, validators=[evcnet.validators.validate_name]),
        ),
        migrations.AlterField(
            model_name="location",
            name="code",
            field=models.CharField(max_length=36, validators=[evcnet.validators.validate_code]),
        ),
        migrations.AlterField(
            model_name="location",
            name="name",
            field=models.CharField(max_length=200, validators=[evcnet.validators.validate_name]),
        ),
        migrations.AlterField(
            model_name="locationevent",
            name="code",
            field=models.CharField(max_length=36, validators=[evcnet.validators.validate_code]),
        ),
        migrations.AlterField(
            model_name="locationevent",
            name="name",
            field=models.CharField(max_length=200, validators=[evcnet.validators.validate_name]),
        ),
        migrations.AlterField(
            model_name="session",
            name="card_uid",
            field=models.CharField(
                blank=True, max_length=36, validators=[evcnet.validators.validate_key], verbose_name="card"
            ),
        ),
        migrations.AlterField(
            model_name="session",
            name="code",
            field=models.CharField(max_length=36, validators=[evcnet.validators.validate_code], verbose_name="id"),
        ),
        migrations.AlterField(
            model_name="sessionevent",
            name="card_uid",
            field=models.CharField(
                blank=True, max_length=36, validators=[evcnet.validators.validate_key], verbose_name="card"
            ),
        ),
        migrations.AlterField(
            model_name="sessionevent",
            name="code",
            field=models.CharField(max_length=36, validators=[evcnet.validators.validate_code], verbose_name="id"),
        ),
        migrations.AddIndex(
            model_name="chargepoint",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper("name"), name="gin_trgm_ops"
                ),
                name="charge_point_name_parts",
            ),
        ),
        migrations.AddIndex(
            model_name="chargepoint",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(evcnet.code_keys.IdentityKey("identity"), name="gin_trgm_ops"),
                name="charge_point_identity_parts",
            ),
        ),
        migrations.AddIndex(
            model_name="chargepoint",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(evcnet.code_keys.IdentityKey("evse_id"), name="gin_trgm_ops"),
                name="charge_point_evse_id_parts",
            ),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(evcnet.code_keys.UidKey("card_uid"), name="session_of_card_key"),
        ),
        migrations.AddConstraint(
            model_name="chargepoint",
            constraint=models.UniqueConstraint(
                evcnet.code_keys.IdentityKey("identity"),
                name="charge_point_identity_once",
                violation_error_message="This identity cannot be used.",
            ),
        ),
        migrations.RunSQL(AFTER, BEFORE),
    ]
