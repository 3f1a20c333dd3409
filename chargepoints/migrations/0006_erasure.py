"""History stays as it was written; only an erasure overwrites what names a person, there and in what is rated.

`evcnet.erasure` is a setting of the transaction, as `evcnet.change` is. Even with it a row keeps all but its personal
columns, and none is deleted.
"""

from django.db import migrations

PERSONAL = {
    "customers_customerevent": ["name", "email", "language"],
    "customers_chargecardevent": ["uid", "visual_number"],
    "chargegroups_customerexceptionevent": ["note"],
    "chargegroups_chargegroupevent": ["additional_information"],
    "chargegroups_changeevent": ["sentence", "reason", "proposal", "earlier", "impact"],
    "chargepoints_sessionevent": ["card_uid", "card_id", "note"],
    "chargepoints_chargepointevent": ["name"],
    "chargepoints_locationevent": ["name", "address", "postal_code", "city", "latitude", "longitude"],
}
"""What an erasure may overwrite in the history of a model; of all others, nothing."""
IMPERSONAL = [
    "customers_providerevent",
    "customers_usergroupevent",
    "customers_staffmemberevent",
    "customers_membershipevent",
    "customers_apikeyevent",
    "chargegroups_tariffevent",
    "chargegroups_tariffofferevent",
    "chargegroups_tariffversionevent",
    "chargegroups_tariffelementevent",
    "chargegroups_termsevent",
    "chargepoints_connectorevent",
]

FUNCTIONS = """
CREATE FUNCTION evcnet_erasing(old jsonb, new jsonb, personal text[]) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(current_setting('evcnet.erasure', true), '') = 'on' AND old - personal = new - personal
$$;
COMMENT ON FUNCTION evcnet_erasing IS 'Is this update the erasure of a person, who alone is what differs?';

CREATE FUNCTION evcnet_history_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND evcnet_erasing(to_jsonb(OLD), to_jsonb(NEW), TG_ARGV::text[]) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The history is never changed; only the erasure of a customer overwrites what names the person.'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'history_stays', TABLE = TG_TABLE_NAME;
END $$;

CREATE OR REPLACE FUNCTION evcnet_rating_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND evcnet_erasing(to_jsonb(OLD), to_jsonb(NEW), ARRAY['reason']) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'A rating is never changed or removed: correct it by another one, with a reason.'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'rating_append_only';
END $$;

CREATE OR REPLACE FUNCTION evcnet_rated_session_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF evcnet_erasing(to_jsonb(OLD), to_jsonb(NEW), ARRAY['card_uid', 'card_id', 'note']) THEN
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT FROM chargepoints_rating WHERE session_id = OLD.id) THEN
        RAISE EXCEPTION 'The session is rated, so what was measured stays: correct its rating, with a reason.'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'session_rated_stays';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION evcnet_erased_customer_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.erased_at IS NOT NULL THEN
        -- A user group may still be emptied; nothing else happens to nobody.
        IF to_jsonb(OLD) - 'user_group_id' <> to_jsonb(NEW) - 'user_group_id' THEN
            RAISE EXCEPTION 'The customer % was erased and stays so: add the person anew, under another number.', OLD.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erased_customer_stays', COLUMN = 'number';
        END IF;
    ELSIF NEW.erased_at IS NOT NULL AND coalesce(current_setting('evcnet.erasure', true), '') <> 'on' THEN
        RAISE EXCEPTION 'A customer is erased by the one routine that erases everything about the person.'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'erased_by_the_routine';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER erased_stays BEFORE INSERT OR UPDATE ON customers_customer
    FOR EACH ROW EXECUTE FUNCTION evcnet_erased_customer_stays();
"""

TIED = {
    "customers_chargecard": ("customer_id", "customer"),
    "chargegroups_customerexception": ("customer_id", "customer"),
    "chargepoints_chargepoint": ("owner_id", "owner"),
}


def _nothing_for_the_erased():
    for table, (column, field) in TIED.items():
        function = f"evcnet_guard_erased_{table.split('_')[1]}"
        yield f"""
            CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF EXISTS (SELECT FROM changed n JOIN customers_customer c ON c.id = n.{column}
                           WHERE c.erased_at IS NOT NULL) THEN
                    RAISE EXCEPTION 'This customer was erased: nothing is tied to it any more, and what is stays as it is.'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'guard_erased', COLUMN = '{field}';
                END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER guard_erased_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS changed
                FOR EACH STATEMENT EXECUTE FUNCTION {function}();
            CREATE TRIGGER guard_erased_update AFTER UPDATE ON {table} REFERENCING NEW TABLE AS changed
                FOR EACH STATEMENT EXECUTE FUNCTION {function}();
        """


def _history():
    for table in [*PERSONAL, *IMPERSONAL]:
        columns = ", ".join(f"'{column}'" for column in PERSONAL.get(table, []))
        yield f"""
            CREATE TRIGGER history_stays BEFORE UPDATE OR DELETE ON {table}
                FOR EACH ROW EXECUTE FUNCTION evcnet_history_stays({columns});
        """


UNDO = """
DROP FUNCTION evcnet_history_stays, evcnet_erased_customer_stays, evcnet_guard_erased_chargecard,
    evcnet_guard_erased_customerexception, evcnet_guard_erased_chargepoint CASCADE;
CREATE OR REPLACE FUNCTION evcnet_rating_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A rating is never changed or removed: correct it by another one, with a reason.'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'rating_append_only';
END $$;
CREATE OR REPLACE FUNCTION evcnet_rated_session_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM chargepoints_rating WHERE session_id = OLD.id) THEN
        RAISE EXCEPTION 'The session is rated, so what was measured stays: correct its rating, with a reason.'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'session_rated_stays';
    END IF;
    RETURN NEW;
END $$;
DROP FUNCTION evcnet_erasing;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("chargepoints", "0005_ratings_stay"),
        ("chargegroups", "0004_changes"),
        ("customers", "0008_erased"),
    ]
    operations = [migrations.RunSQL(FUNCTIONS + "".join([*_nothing_for_the_erased(), *_history()]), UNDO)]
