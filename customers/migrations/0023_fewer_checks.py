"""A row of customers and cards costs less to write: keys that a constraint of two columns checks already are checked once,
indexes with which another one begins are gone, the guard of the erased is asked about rows that are erased, and the text
for the search is made faster."""

import django.db.models.deletion
from django.db import migrations, models

from evcnet.search_keys import search_key_sql

SEARCH_KEY = f"""
CREATE OR REPLACE FUNCTION evcnet_search_key(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT {search_key_sql("$1")}
$$;
"""
"""Its keys are those of before."""

ERASED = """
DROP TRIGGER erased_stays ON customers_customer;
CREATE TRIGGER erased_insert BEFORE INSERT ON customers_customer
    FOR EACH ROW WHEN (NEW.erased_at IS NOT NULL) EXECUTE FUNCTION evcnet_erased_customer_stays();
CREATE TRIGGER erased_stays BEFORE UPDATE ON customers_customer
    FOR EACH ROW WHEN (OLD.erased_at IS NOT NULL OR NEW.erased_at IS NOT NULL)
    EXECUTE FUNCTION evcnet_erased_customer_stays();
"""
ERASED_BEFORE = """
DROP TRIGGER erased_insert ON customers_customer;
DROP TRIGGER erased_stays ON customers_customer;
CREATE TRIGGER erased_stays BEFORE INSERT OR UPDATE ON customers_customer
    FOR EACH ROW EXECUTE FUNCTION evcnet_erased_customer_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0022_mailing_jobs")]

    operations = [
        migrations.AlterField(
            model_name="chargecard",
            name="customer",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="A card without a customer is inactive; attaching a customer activates it.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="customers.customer",
            ),
        ),
        migrations.AlterField(
            model_name="chargecard",
            name="provider",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, to="customers.provider"
            ),
        ),
        migrations.AlterField(
            model_name="customer",
            name="provider",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="customers.provider",
            ),
        ),
        migrations.AlterField(
            model_name="customer",
            name="user_group",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="customers.usergroup",
            ),
        ),
        migrations.RunSQL(SEARCH_KEY, migrations.RunSQL.noop),
        migrations.RunSQL(ERASED, ERASED_BEFORE),
    ]
