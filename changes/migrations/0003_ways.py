"""Changes say how they came. What is stored already is told from what stands with it."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


OF_CHANGES = """
UPDATE changes_change c SET
    way = CASE
        WHEN reason = 'The customer was erased.' THEN 'erasure'
        WHEN made_by_id IS NULL AND reason LIKE 'import_csv %' THEN 'file'
        WHEN made_by_id IS NULL AND reason LIKE 'import_ocpi %' THEN 'feed'
        WHEN made_by_id IS NULL THEN 'command'
        -- In the transaction in which the charge group, or the charge point, was added: by its form.
        WHEN kind = 'points' AND EXISTS (
            SELECT FROM changes_change_groups g JOIN chargegroups_terms t ON t.charge_group_id = g.chargegroup_id
            WHERE g.change_id = c.id AND t.created_at = c.made_at) THEN 'form'
        WHEN kind = 'points' AND reason = '' AND jsonb_array_length(earlier->'points') = 1 AND EXISTS (
            SELECT FROM chargepoints_chargepointevent e
            WHERE e.pgh_label = 'insert' AND e.pgh_created_at = c.made_at
              AND e.pgh_obj_id = (earlier->'points'->0->>0)::bigint) THEN 'form'
        -- The button that lets an owner charge for free.
        WHEN kind = 'exceptions' AND reason = '' AND notify = 'none' AND undoes_id IS NULL
             AND jsonb_array_length(proposal->'rows') = 1
             AND proposal->'rows'->0->>'note' LIKE 'Owner of %' THEN 'form'
        ELSE 'preview'
    END,
    cancelled_way = CASE
        WHEN cancelled_at IS NULL THEN ''
        WHEN cancelled_by_id IS NULL THEN 'command'
        ELSE 'preview'
    END;
"""
OF_HISTORY = """
ALTER TABLE changes_changeevent DISABLE TRIGGER history_stays;
UPDATE changes_changeevent e SET
    way = c.way, cancelled_way = CASE WHEN e.cancelled_at IS NULL THEN '' ELSE c.cancelled_way END
FROM changes_change c WHERE c.id = e.pgh_obj_id;
ALTER TABLE changes_changeevent ENABLE TRIGGER history_stays;
"""
WAYS = OF_CHANGES + OF_HISTORY


class Migration(migrations.Migration):
    dependencies = [
        ("changes", "0002_guards"),
        ("chargegroups", "0002_guards"),
        ("chargepoints", "0002_guards"),
        ("customers", "0008_erased_index"),
        ("tariffs", "0002_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="change",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="change",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="change",
            name="delete_delete",
        ),
        migrations.AddField(
            model_name="change",
            name="cancelled_way",
            field=models.CharField(
                blank=True,
                choices=[
                    ("preview", "preview"),
                    ("form", "form"),
                    ("file", "file"),
                    ("feed", "feed"),
                    ("command", "command"),
                    ("erasure", "erasure"),
                ],
                help_text="Empty: it is not cancelled.",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="change",
            name="way",
            field=models.CharField(
                choices=[
                    ("preview", "preview"),
                    ("form", "form"),
                    ("file", "file"),
                    ("feed", "feed"),
                    ("command", "command"),
                    ("erasure", "erasure"),
                ],
                default="",
                help_text="Whether the preview was shown before it was made.",
                max_length=8,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="changeevent",
            name="cancelled_way",
            field=models.CharField(
                blank=True,
                choices=[
                    ("preview", "preview"),
                    ("form", "form"),
                    ("file", "file"),
                    ("feed", "feed"),
                    ("command", "command"),
                    ("erasure", "erasure"),
                ],
                help_text="Empty: it is not cancelled.",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="changeevent",
            name="way",
            field=models.CharField(
                choices=[
                    ("preview", "preview"),
                    ("form", "form"),
                    ("file", "file"),
                    ("feed", "feed"),
                    ("command", "command"),
                    ("erasure", "erasure"),
                ],
                default="",
                help_text="Whether the preview was shown before it was made.",
                max_length=8,
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="change",
            name="impact",
            field=models.JSONField(help_text="Whom it affects, as it was judged when it was made."),
        ),
        migrations.AlterField(
            model_name="changeevent",
            name="impact",
            field=models.JSONField(help_text="Whom it affects, as it was judged when it was made."),
        ),
        migrations.RunSQL(WAYS, migrations.RunSQL.noop),
        pgtrigger.migrations.AddTrigger(
            model_name="change",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "changes_changeevent" ("cancelled_at", "cancelled_by_id", "cancelled_way", "earlier", "fingerprint", "id", "impact", "kind", "made_at", "made_by_id", "notify", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposal", "provider_id", "reason", "scheduled", "sentence", "takes_effect_at", "tariff_id", "undoes_id", "way") SELECT new_values."cancelled_at", new_values."cancelled_by_id", new_values."cancelled_way", new_values."earlier", new_values."fingerprint", new_values."id", new_values."impact", new_values."kind", new_values."made_at", new_values."made_by_id", new_values."notify", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."proposal", new_values."provider_id", new_values."reason", new_values."scheduled", new_values."sentence", new_values."takes_effect_at", new_values."tariff_id", new_values."undoes_id", new_values."way" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="83255a14b138889fecee54c57ae6915109c4b63f",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_19c94",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="changes_change",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="change",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "changes_changeevent" ("cancelled_at", "cancelled_by_id", "cancelled_way", "earlier", "fingerprint", "id", "impact", "kind", "made_at", "made_by_id", "notify", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposal", "provider_id", "reason", "scheduled", "sentence", "takes_effect_at", "tariff_id", "undoes_id", "way") SELECT new_values."cancelled_at", new_values."cancelled_by_id", new_values."cancelled_way", new_values."earlier", new_values."fingerprint", new_values."id", new_values."impact", new_values."kind", new_values."made_at", new_values."made_by_id", new_values."notify", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."proposal", new_values."provider_id", new_values."reason", new_values."scheduled", new_values."sentence", new_values."takes_effect_at", new_values."tariff_id", new_values."undoes_id", new_values."way" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="53deee68fa82d8b6d78a41a8fe8cacf9e38283ca",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_acf15",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="changes_change",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="change",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "changes_changeevent" ("cancelled_at", "cancelled_by_id", "cancelled_way", "earlier", "fingerprint", "id", "impact", "kind", "made_at", "made_by_id", "notify", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposal", "provider_id", "reason", "scheduled", "sentence", "takes_effect_at", "tariff_id", "undoes_id", "way") SELECT old_values."cancelled_at", old_values."cancelled_by_id", old_values."cancelled_way", old_values."earlier", old_values."fingerprint", old_values."id", old_values."impact", old_values."kind", old_values."made_at", old_values."made_by_id", old_values."notify", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."proposal", old_values."provider_id", old_values."reason", old_values."scheduled", old_values."sentence", old_values."takes_effect_at", old_values."tariff_id", old_values."undoes_id", old_values."way" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="43ff3293e34ac4d408e403ccbce3b43b29762165",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_095dc",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="changes_change",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("way__in", ["file", "feed", "command", "erasure"]),
                    models.Q(("made_by__isnull", False), ("way__in", ("preview", "form"))),
                    _connector="OR",
                ),
                name="change_says_preview",
                violation_error_message="A change says to whom its preview was shown, or why it was not.",
            ),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("cancelled_at", None), ("cancelled_way", "")),
                    models.Q(
                        models.Q(
                            ("cancelled_way__in", ["file", "feed", "command", "erasure"]),
                            models.Q(("cancelled_by__isnull", False), ("cancelled_way__in", ("preview", "form"))),
                            _connector="OR",
                        ),
                        ("cancelled_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="change_cancelled_says_preview",
                violation_error_message="A cancelled change says to whom that was shown, or why it was not.",
            ),
        ),
    ]
