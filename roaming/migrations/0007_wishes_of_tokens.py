"""What tokens say of charging profile and energy contract; kept, and given back to their e-MSP."""

import evcnet.validators
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("roaming", "0006_pushed_statuses"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="partnertoken",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="partnertoken",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="partnertoken",
            name="delete_delete",
        ),
        migrations.AddField(
            model_name="partnertoken",
            name="default_profile_type",
            field=models.CharField(
                blank=True,
                choices=[
                    ("CHEAP", "at the lowest price"),
                    ("FAST", "as fast as it can"),
                    ("GREEN", "with green energy"),
                    ("REGULAR", "regular"),
                ],
                db_default="",
                default="",
                max_length=7,
                verbose_name="charging profile",
            ),
        ),
        migrations.AddField(
            model_name="partnertoken",
            name="energy_contract",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=64, validators=[evcnet.validators.validate_print]
            ),
        ),
        migrations.AddField(
            model_name="partnertoken",
            name="energy_supplier",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=64, validators=[evcnet.validators.validate_print]
            ),
        ),
        migrations.AddField(
            model_name="partnertokenevent",
            name="default_profile_type",
            field=models.CharField(
                blank=True,
                choices=[
                    ("CHEAP", "at the lowest price"),
                    ("FAST", "as fast as it can"),
                    ("GREEN", "with green energy"),
                    ("REGULAR", "regular"),
                ],
                db_default="",
                default="",
                max_length=7,
                verbose_name="charging profile",
            ),
        ),
        migrations.AddField(
            model_name="partnertokenevent",
            name="energy_contract",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=64, validators=[evcnet.validators.validate_print]
            ),
        ),
        migrations.AddField(
            model_name="partnertokenevent",
            name="energy_supplier",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=64, validators=[evcnet.validators.validate_print]
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="partnertoken",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "roaming_partnertokenevent" ("contract_id", "default_profile_type", "energy_contract", "energy_supplier", "group_id", "id", "issuer", "language", "partner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "provider_id", "type", "uid", "valid", "visual_number", "whitelist") SELECT new_values."contract_id", new_values."default_profile_type", new_values."energy_contract", new_values."energy_supplier", new_values."group_id", new_values."id", new_values."issuer", new_values."language", new_values."partner_id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."provider_id", new_values."type", new_values."uid", new_values."valid", new_values."visual_number", new_values."whitelist" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="9685d9aece94ef1440c1592cc28b2ea586ce96b3",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_1fa86",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="roaming_partnertoken",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="partnertoken",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "roaming_partnertokenevent" ("contract_id", "default_profile_type", "energy_contract", "energy_supplier", "group_id", "id", "issuer", "language", "partner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "provider_id", "type", "uid", "valid", "visual_number", "whitelist") SELECT new_values."contract_id", new_values."default_profile_type", new_values."energy_contract", new_values."energy_supplier", new_values."group_id", new_values."id", new_values."issuer", new_values."language", new_values."partner_id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."provider_id", new_values."type", new_values."uid", new_values."valid", new_values."visual_number", new_values."whitelist" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."contract_id" IS DISTINCT FROM (new_values."contract_id") OR old_values."default_profile_type" IS DISTINCT FROM (new_values."default_profile_type") OR old_values."energy_contract" IS DISTINCT FROM (new_values."energy_contract") OR old_values."energy_supplier" IS DISTINCT FROM (new_values."energy_supplier") OR old_values."group_id" IS DISTINCT FROM (new_values."group_id") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."issuer" IS DISTINCT FROM (new_values."issuer") OR old_values."language" IS DISTINCT FROM (new_values."language") OR old_values."partner_id" IS DISTINCT FROM (new_values."partner_id") OR old_values."provider_id" IS DISTINCT FROM (new_values."provider_id") OR old_values."type" IS DISTINCT FROM (new_values."type") OR old_values."uid" IS DISTINCT FROM (new_values."uid") OR old_values."valid" IS DISTINCT FROM (new_values."valid") OR old_values."visual_number" IS DISTINCT FROM (new_values."visual_number") OR old_values."whitelist" IS DISTINCT FROM (new_values."whitelist")) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="9e3d2ddefcb5367b082a1e1d106d9360dde0ce0f",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_06091",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="roaming_partnertoken",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="partnertoken",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "roaming_partnertokenevent" ("contract_id", "default_profile_type", "energy_contract", "energy_supplier", "group_id", "id", "issuer", "language", "partner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "provider_id", "type", "uid", "valid", "visual_number", "whitelist") SELECT old_values."contract_id", old_values."default_profile_type", old_values."energy_contract", old_values."energy_supplier", old_values."group_id", old_values."id", old_values."issuer", old_values."language", old_values."partner_id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."provider_id", old_values."type", old_values."uid", old_values."valid", old_values."visual_number", old_values."whitelist" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="98c32fb353e1618f47fdb5da9e439ad0f0f73189",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_aba7a",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="roaming_partnertoken",
                    when="AFTER",
                ),
            ),
        ),
    ]
