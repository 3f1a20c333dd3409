"""The history of partners stays, tokens are found in it by their uid, and a tariff that an agreement names is in use."""

from django.db import migrations

from evcnet.codes import UID_SEPARATORS, key_sql
from evcnet.guards import history_stays

HISTORY = ("roaming_partnerevent", "roaming_agreementevent", "roaming_partnertokenevent")

PAST = f"""
CREATE INDEX partner_token_history_by_uid ON roaming_partnertokenevent ({key_sql("uid", UID_SEPARATORS)});
CREATE INDEX agreement_history_by_partner ON roaming_agreementevent (partner_id);
"""
"""Which token had a uid at a past moment is asked of the history, and which agreement its partner had."""

WITHOUT_AGREEMENTS = """
CREATE OR REPLACE FUNCTION evcnet_tariff_in_use(tariff bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM chargegroups_terms WHERE $1 IN (tariff_id, prepaid_tariff_id, roaming_tariff_id)
                   AND valid_from <= now())
        OR EXISTS (SELECT FROM chargegroups_customerexception WHERE tariff_id = $1)
$$;
"""
WITH_AGREEMENTS = WITHOUT_AGREEMENTS.replace(
    "WHERE tariff_id = $1)\n",
    "WHERE tariff_id = $1)\n        OR EXISTS (SELECT FROM roaming_agreement WHERE tariff_id = $1)\n",
)


class Migration(migrations.Migration):
    dependencies = [("roaming", "0001_initial"), ("chargegroups", "0004_tariff_uses"), ("customers", "0002_guards")]
    operations = [
        migrations.RunSQL(PAST + history_stays(dict.fromkeys(HISTORY, ())), migrations.RunSQL.noop),
        migrations.RunSQL(WITH_AGREEMENTS, WITHOUT_AGREEMENTS),
    ]
