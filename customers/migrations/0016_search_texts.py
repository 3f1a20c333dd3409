"""One text for each customer and card by which people search, and indexes for each order and filter of their lists."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

from customers.search_triggers import FILL, REMOVE, TRIGGERS


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0015_event_of_partner_connections"),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField()),
            ],
        ),
        migrations.RemoveIndex(
            model_name="customer",
            name="customer_name_parts",
        ),
        migrations.RemoveIndex(
            model_name="customer",
            name="customer_email_parts",
        ),
        migrations.RemoveIndex(
            model_name="customer",
            name="customer_number_key_parts",
        ),
        migrations.AddIndex(
            model_name="chargecard",
            index=models.Index(fields=["provider", "uid", "id"], name="card_by_uid"),
        ),
        migrations.AddIndex(
            model_name="chargecard",
            index=models.Index(fields=["provider", "status", "uid", "id"], name="card_by_status"),
        ),
        migrations.AddIndex(
            model_name="chargecard",
            index=models.Index(fields=["provider", "type", "uid", "id"], name="card_by_type"),
        ),
        migrations.AddIndex(
            model_name="chargecard",
            index=models.Index(fields=["provider", "roaming", "uid", "id"], name="card_by_roaming"),
        ),
        migrations.AddIndex(
            model_name="chargecard",
            index=models.Index(fields=["provider", "valid_until", "id"], name="card_by_end"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["user_group", "name", "id"], name="customer_by_group"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["provider", "status", "name", "id"], name="customer_by_status"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["provider", "kind", "name", "id"], name="customer_by_kind"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["provider", "payment", "name", "id"], name="customer_by_payment"),
        ),
        migrations.AddField(
            model_name="searchtext",
            name="card",
            field=models.OneToOneField(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="customers.chargecard",
            ),
        ),
        migrations.AddField(
            model_name="searchtext",
            name="customer",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="customers.customer",
            ),
        ),
        migrations.RunSQL(TRIGGERS + FILL, REMOVE),
        migrations.AddIndex(
            model_name="searchtext",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass("text", name="gin_trgm_ops"), name="search_text_parts"
            ),
        ),
    ]
