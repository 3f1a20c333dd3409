from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0024_approval")]

    operations = [
        migrations.AlterField(
            "job",
            "kind",
            models.CharField(
                choices=[
                    ("preview", "preview of an import"),
                    ("import", "import"),
                    ("export", "export"),
                    ("mailing", "mailing"),
                    ("replay", "replay"),
                    ("recount", "recount"),
                ],
                max_length=7,
            ),
        ),
    ]
