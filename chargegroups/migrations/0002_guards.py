"""Terms and exceptions are written by the change modules alone, and terms that came into force stay."""

from django.db import migrations

from evcnet.guards import history_stays, nothing_for_the_erased

HISTORY = {
    "chargegroups_customerexceptionevent": ["note"],
    "chargegroups_chargegroupevent": ["additional_information"],
    "chargegroups_termsevent": [],
}
"""The event tables, and what an erasure may overwrite in each."""

FUNCTIONS = """
CREATE FUNCTION evcnet_terms_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.valid_from < now() AND EXISTS (
            -- A group may be founded together with its past, in one transaction; afterwards the past is closed.
            SELECT FROM chargegroups_terms
            WHERE charge_group_id = NEW.charge_group_id AND valid_from <= now() AND created_at < now()
        ) THEN
            RAISE EXCEPTION 'The past is not rewritten: the charge group has terms in force already.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'terms_append_only', COLUMN = 'valid_from';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.valid_from <= clock_timestamp() THEN
        RAISE EXCEPTION 'Terms that have come into force are never changed: append new ones.'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'terms_append_only';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE FUNCTION evcnet_tariff_in_use(tariff bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM chargegroups_terms WHERE $1 IN (tariff_id, prepaid_tariff_id, roaming_tariff_id)
                   AND valid_from <= now())
        OR EXISTS (SELECT FROM chargegroups_customerexception WHERE tariff_id = $1)
$$;

CREATE TRIGGER append_only BEFORE INSERT OR UPDATE OR DELETE ON chargegroups_terms
    FOR EACH ROW EXECUTE FUNCTION evcnet_terms_append_only();
CREATE TRIGGER terms_write_guard BEFORE INSERT OR UPDATE OR DELETE ON chargegroups_terms
    FOR EACH STATEMENT EXECUTE FUNCTION evcnet_terms_write_guard();
CREATE TRIGGER terms_write_guard BEFORE INSERT OR UPDATE OR DELETE ON chargegroups_customerexception
    FOR EACH STATEMENT EXECUTE FUNCTION evcnet_terms_write_guard();
"""

OPERATIONS = [
    migrations.RunSQL(
        FUNCTIONS
        + history_stays(HISTORY)
        + nothing_for_the_erased("chargegroups_customerexception", column="customer_id", field="customer"),
        migrations.RunSQL.noop,
    )
]


class Migration(migrations.Migration):
    dependencies = [("chargegroups", "0001_initial"), ("tariffs", "0002_guards")]
    operations = OPERATIONS
