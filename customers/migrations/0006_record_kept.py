"""The record is appended to and never changed; roles, logins and API keys get into it whatever writes them."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION evcnet_record_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The record is appended to and never changed.'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'record_append_only';
END $$;

-- Who acts is what the history of changes knows of the request; a command and plain SQL leave it empty.
CREATE FUNCTION evcnet_record(event text, provider bigint, about text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO customers_record (event, provider_id, login_id, who, about, details)
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

CREATE FUNCTION evcnet_record_role() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM evcnet_record('role_given', NEW.provider_id, evcnet_role_in_words(NEW));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM evcnet_record('role_taken', OLD.provider_id, evcnet_role_in_words(OLD));
    ELSIF NEW.provider_id <> OLD.provider_id OR NEW.staff_member_id <> OLD.staff_member_id THEN
        PERFORM evcnet_record('role_taken', OLD.provider_id, evcnet_role_in_words(OLD));
        PERFORM evcnet_record('role_given', NEW.provider_id, evcnet_role_in_words(NEW));
    ELSE
        PERFORM evcnet_record('role_changed', NEW.provider_id,
                              evcnet_role_in_words(OLD) || ' -> ' || evcnet_role_in_words(NEW));
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION evcnet_record_login() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM evcnet_record(CASE WHEN NEW.is_active THEN 'login_switched_on' ELSE 'login_switched_off' END,
                          concerned.provider_id, NEW.name || ' <' || NEW.email || '>')
    FROM (SELECT DISTINCT provider_id FROM customers_membership WHERE staff_member_id = NEW.id) concerned;
    RETURN NULL;
END $$;

CREATE FUNCTION evcnet_record_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM evcnet_record(
        CASE WHEN TG_OP = 'INSERT' THEN 'key_made' WHEN TG_OP = 'DELETE' THEN 'key_removed'
             WHEN NEW.active THEN 'key_switched_on' ELSE 'key_switched_off' END,
        coalesce(NEW.provider_id, OLD.provider_id),
        coalesce(NEW.name, OLD.name) || ' (' || coalesce(NEW.prefix, OLD.prefix) || '…)');
    RETURN NULL;
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON customers_record
    FOR EACH ROW EXECUTE FUNCTION evcnet_record_append_only();
CREATE TRIGGER record AFTER INSERT OR DELETE ON customers_membership
    FOR EACH ROW EXECUTE FUNCTION evcnet_record_role();
CREATE TRIGGER record_change AFTER UPDATE ON customers_membership
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION evcnet_record_role();
CREATE TRIGGER record AFTER UPDATE ON customers_staffmember
    FOR EACH ROW WHEN (OLD.is_active <> NEW.is_active) EXECUTE FUNCTION evcnet_record_login();
CREATE TRIGGER record AFTER INSERT OR DELETE ON customers_apikey
    FOR EACH ROW EXECUTE FUNCTION evcnet_record_key();
CREATE TRIGGER record_switch AFTER UPDATE ON customers_apikey
    FOR EACH ROW WHEN (OLD.active <> NEW.active) EXECUTE FUNCTION evcnet_record_key();
"""

UNDO = """
DROP FUNCTION evcnet_record_append_only, evcnet_record_role, evcnet_record_login, evcnet_record_key CASCADE;
DROP FUNCTION evcnet_role_in_words, evcnet_record;
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0005_record")]
    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
