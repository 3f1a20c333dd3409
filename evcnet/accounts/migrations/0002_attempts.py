"""Tables of wrong attempts and used codes; those of django-axes, which counted before, go with what was typed there."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_cache"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FailedAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("password", "Password"), ("code", "Code")], max_length=10)),
                ("login", models.CharField(max_length=32)),
                ("client", models.CharField(max_length=32)),
                ("known", models.BooleanField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["kind", "login", "at"], name="failed_attempt_of_login"),
                    models.Index(fields=["client", "at"], name="failed_attempt_of_client"),
                    models.Index(fields=["at"], name="failed_attempt_at"),
                ],
            },
        ),
        migrations.CreateModel(
            name="UsedCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("step", models.BigIntegerField()),
                ("used_at", models.DateTimeField()),
                (
                    "login",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("login", "step"), name="code_used_once")],
            },
        ),
        migrations.RunSQL(
            "DROP TABLE IF EXISTS axes_accessattemptexpiration, axes_accessattempt, axes_accesslog, axes_accessfailurelog",
            migrations.RunSQL.noop,
        ),
    ]
