"""The audit log and the history are append-only; only an erasure overwrites what names a person, there and in what is rated.

`evcnet.erasure` is a setting of the transaction. Even with it a row keeps all but its personal columns, and none is
deleted.
"""

from django.db import migrations

from evcnet.guards import history_stays, nothing_for_the_erased

HISTORY = {
    "customers_customerevent": ["name", "email", "language"],
    "customers_chargecardevent": ["uid", "visual_number"],
    "customers_providerevent": [],
    "customers_usergroupevent": [],
    "customers_staffmemberevent": [],
    "customers_membershipevent": [],
    "customers_apikeyevent": [],
}
"""The event tables, and what an erasure may overwrite in each."""

FUNCTIONS = """
CREATE FUNCTION evcnet_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit log is appended to and never changed.'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_append_only';
END $$;

-- Who acts is what the history of changes knows of the request; a command and plain SQL leave it empty.
CREATE FUNCTION evcnet_audit(event text, provider bigint, about text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO customers_auditentry (event, provider_id, login_id, who, about, details)
    SELECT event, provider, actor.id, coalesce(actor.name || ' <' || actor.email || '>', ''), coalesce(left(about, 500), ''), '{}'
    FROM (SELECT (nullif(current_setting('pghistory.context_metadata', true), '')::jsonb ->> 'user')::bigint) request (login)
    LEFT JOIN customers_staffmember actor ON actor.id = request.login
$$;

CREATE FUNCTION evcnet_role_in_words(role customers_membership) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT format('%s: %s at %s', login.name || ' <' || login.email || '>', replace(role.role, '_', ' '),
                  coalesce(grouped.name, provider.name))
    FROM customers_staffmember login
    LEFT JOIN customers_usergroup grouped ON grouped.id = role.user_group_id
    LEFT JOIN customers_provider provider ON provider.id = role.provider_id
    WHERE login.id = role.staff_member_id
$$;

CREATE FUNCTION evcnet_audit_role() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM evcnet_audit('role_given', NEW.provider_id, evcnet_role_in_words(NEW));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM evcnet_audit('role_taken', OLD.provider_id, evcnet_role_in_words(OLD));
    ELSIF NEW.provider_id <> OLD.provider_id OR NEW.staff_member_id <> OLD.staff_member_id THEN
        PERFORM evcnet_audit('role_taken', OLD.provider_id, evcnet_role_in_words(OLD));
        PERFORM evcnet_audit('role_given', NEW.provider_id, evcnet_role_in_words(NEW));
    ELSE
        PERFORM evcnet_audit('role_changed', NEW.provider_id,
                              evcnet_role_in_words(OLD) || ' -> ' || evcnet_role_in_words(NEW));
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION evcnet_audit_login() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM evcnet_audit(CASE WHEN NEW.is_active THEN 'login_switched_on' ELSE 'login_switched_off' END,
                          concerned.provider_id, NEW.name || ' <' || NEW.email || '>')
    FROM (SELECT DISTINCT provider_id FROM customers_membership WHERE staff_member_id = NEW.id) concerned;
    RETURN NULL;
END $$;

CREATE FUNCTION evcnet_audit_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM evcnet_audit(
        CASE WHEN TG_OP = 'INSERT' THEN 'key_made' WHEN TG_OP = 'DELETE' THEN 'key_removed'
             WHEN NEW.active THEN 'key_switched_on' ELSE 'key_switched_off' END,
        coalesce(NEW.provider_id, OLD.provider_id),
        coalesce(NEW.name, OLD.name) || ' (' || coalesce(NEW.prefix, OLD.prefix) || '…)');
    RETURN NULL;
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON customers_auditentry
    FOR EACH ROW EXECUTE FUNCTION evcnet_audit_append_only();
CREATE TRIGGER audit AFTER INSERT OR DELETE ON customers_membership
    FOR EACH ROW EXECUTE FUNCTION evcnet_audit_role();
CREATE TRIGGER audit_change AFTER UPDATE ON customers_membership
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION evcnet_audit_role();
CREATE TRIGGER audit AFTER UPDATE ON customers_staffmember
    FOR EACH ROW WHEN (OLD.is_active <> NEW.is_active) EXECUTE FUNCTION evcnet_audit_login();
CREATE TRIGGER audit AFTER INSERT OR DELETE ON customers_apikey
    FOR EACH ROW EXECUTE FUNCTION evcnet_audit_key();
CREATE TRIGGER audit_switch AFTER UPDATE ON customers_apikey
    FOR EACH ROW WHEN (OLD.active <> NEW.active) EXECUTE FUNCTION evcnet_audit_key();

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

PAST = "CREATE INDEX card_history_by_uid ON customers_chargecardevent (upper(uid));"
"""Which card had a uid at a past moment is asked of the history."""

OPERATIONS = [
    migrations.RunSQL(PAST, migrations.RunSQL.noop),
    migrations.RunSQL(
        FUNCTIONS
        + history_stays(HISTORY)
        + nothing_for_the_erased("customers_chargecard", column="customer_id", field="customer"),
        migrations.RunSQL.noop,
    ),
]


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]
    operations = OPERATIONS
