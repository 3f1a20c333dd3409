"""Terms, tariff versions and exceptions are written by the change modules alone, and what came into force stays."""

from django.db import migrations

WRITTEN_BY_CHANGES = ["terms", "tariffversion", "tariffelement", "customerexception"]

FUNCTIONS = """
CREATE FUNCTION evcnet_one_door() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('evcnet.change', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'Terms, tariff versions and exceptions are written by the change modules alone.'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'one_door', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;

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

CREATE FUNCTION evcnet_tariff_in_use(wanted bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM chargegroups_terms WHERE wanted IN (tariff_id, prepaid_tariff_id, roaming_tariff_id)
                   AND valid_from <= now())
        OR EXISTS (SELECT FROM chargegroups_customerexception WHERE tariff_id = wanted)
$$;

CREATE FUNCTION evcnet_version_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.valid_from < now() AND evcnet_tariff_in_use(NEW.tariff_id) THEN
            RAISE EXCEPTION 'The past is not rewritten: the tariff is in use, so a new version begins now or later.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'version_append_only', COLUMN = 'valid_from';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.valid_from <= clock_timestamp() THEN
        RAISE EXCEPTION 'A tariff version that has come into force is never changed: make a new version.'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'version_append_only';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE FUNCTION evcnet_element_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    made_now boolean;
    begun boolean;
BEGIN
    SELECT created_at = now(), valid_from <= clock_timestamp() INTO made_now, begun
    FROM chargegroups_tariffversion WHERE id = CASE TG_OP WHEN 'INSERT' THEN NEW.version_id ELSE OLD.version_id END;
    IF begun AND NOT (TG_OP = 'INSERT' AND made_now) THEN
        RAISE EXCEPTION 'A tariff version that has come into force is never changed: make a new version.'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'version_append_only';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE FUNCTION evcnet_tariff_currency_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM chargegroups_tariffversion WHERE tariff_id = NEW.id) THEN
        RAISE EXCEPTION 'The currency of a tariff with versions stays: make another tariff.'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'tariff_currency_stays', COLUMN = 'currency';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER append_only BEFORE INSERT OR UPDATE OR DELETE ON chargegroups_terms
    FOR EACH ROW EXECUTE FUNCTION evcnet_terms_append_only();
CREATE TRIGGER append_only BEFORE INSERT OR UPDATE OR DELETE ON chargegroups_tariffversion
    FOR EACH ROW EXECUTE FUNCTION evcnet_version_append_only();
CREATE TRIGGER append_only BEFORE INSERT OR UPDATE OR DELETE ON chargegroups_tariffelement
    FOR EACH ROW EXECUTE FUNCTION evcnet_element_append_only();
CREATE TRIGGER currency_stays BEFORE UPDATE ON chargegroups_tariff
    FOR EACH ROW WHEN (OLD.currency <> NEW.currency) EXECUTE FUNCTION evcnet_tariff_currency_stays();
""" + "".join(
    f"CREATE TRIGGER one_door BEFORE INSERT OR UPDATE OR DELETE ON chargegroups_{table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION evcnet_one_door();\n"
    for table in WRITTEN_BY_CHANGES
)

UNDO = """
DROP FUNCTION evcnet_one_door, evcnet_terms_append_only, evcnet_version_append_only, evcnet_element_append_only,
    evcnet_tariff_in_use, evcnet_tariff_currency_stays CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("chargegroups", "0002_initial")]
    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
