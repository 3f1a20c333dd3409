"""Tariff versions are written by the change modules alone, and what came into force stays."""

from django.db import migrations

from evcnet.guards import history_stays

FUNCTIONS = """
CREATE FUNCTION evcnet_terms_write_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- An erasure overwrites what notes say of the person, and nothing else of exceptions.
    IF current_setting('evcnet.terms_write', true) IS DISTINCT FROM 'on'
       AND current_setting('evcnet.erasure', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'Terms, tariff versions and exceptions are written by the change modules alone.'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'terms_write_guard', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;

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
    FROM tariffs_tariffversion WHERE id = CASE TG_OP WHEN 'INSERT' THEN NEW.version_id ELSE OLD.version_id END;
    IF begun AND NOT (TG_OP = 'INSERT' AND made_now) THEN
        RAISE EXCEPTION 'A tariff version that has come into force is never changed: make a new version.'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'version_append_only';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE FUNCTION evcnet_tariff_currency_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM tariffs_tariffversion WHERE tariff_id = NEW.id) THEN
        RAISE EXCEPTION 'The currency of a tariff with versions stays: make another tariff.'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'tariff_currency_stays', COLUMN = 'currency';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER append_only BEFORE INSERT OR UPDATE OR DELETE ON tariffs_tariffversion
    FOR EACH ROW EXECUTE FUNCTION evcnet_version_append_only();
CREATE TRIGGER append_only BEFORE INSERT OR UPDATE OR DELETE ON tariffs_tariffelement
    FOR EACH ROW EXECUTE FUNCTION evcnet_element_append_only();
CREATE TRIGGER currency_stays BEFORE UPDATE ON tariffs_tariff
    FOR EACH ROW WHEN (OLD.currency <> NEW.currency) EXECUTE FUNCTION evcnet_tariff_currency_stays();
CREATE TRIGGER terms_write_guard BEFORE INSERT OR UPDATE OR DELETE ON tariffs_tariffversion
    FOR EACH STATEMENT EXECUTE FUNCTION evcnet_terms_write_guard();
CREATE TRIGGER terms_write_guard BEFORE INSERT OR UPDATE OR DELETE ON tariffs_tariffelement
    FOR EACH STATEMENT EXECUTE FUNCTION evcnet_terms_write_guard();
"""

HISTORY = (
    "tariffs_tariffevent",
    "tariffs_tariffofferevent",
    "tariffs_tariffversionevent",
    "tariffs_tariffelementevent",
)

OPERATIONS = [migrations.RunSQL(FUNCTIONS + history_stays(dict.fromkeys(HISTORY, ())), migrations.RunSQL.noop)]


class Migration(migrations.Migration):
    dependencies = [("tariffs", "0001_initial"), ("customers", "0002_guards")]
    operations = OPERATIONS
