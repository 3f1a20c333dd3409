"""The cache that all workers share: counts of attempts, and codes that were used. Worth nothing after a crash."""

from django.db import migrations

CREATE = """
CREATE UNLOGGED TABLE IF NOT EXISTS evcnet_cache (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS evcnet_cache_expires ON evcnet_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies: list[tuple[str, str]] = []
    operations = [migrations.RunSQL(CREATE, "DROP TABLE evcnet_cache;")]
