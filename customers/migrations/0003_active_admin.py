"""A provider that has an active admin keeps one: whoever takes the last away is refused, two at once included.

Deferred, so that a role may move from one login to another inside a transaction. The provider's row is locked before
the admins are counted: of two that take each other's role away the second waits, and then finds itself the last.
"""

from django.db import migrations

GUARD = """
CREATE FUNCTION evcnet_guard_active_admin() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    administered bigint[];
    concerned customers_provider;
BEGIN
    IF TG_TABLE_NAME = 'customers_membership' THEN
        administered := ARRAY[OLD.provider_id];
    ELSE
        administered := ARRAY(SELECT role.provider_id FROM customers_membership role
                              WHERE role.staff_member_id = OLD.id AND role.role = 'provider_admin');
    END IF;
    FOR concerned IN
        SELECT * FROM customers_provider provider WHERE provider.id = ANY (administered)
        ORDER BY provider.id FOR NO KEY UPDATE
    LOOP
        IF NOT EXISTS (SELECT FROM customers_membership role JOIN customers_staffmember login ON login.id = role.staff_member_id
                       WHERE role.provider_id = concerned.id AND role.role = 'provider_admin' AND login.is_active) THEN
            RAISE EXCEPTION '% would be left without an active admin.', concerned.name
            USING ERRCODE = 'check_violation', CONSTRAINT = 'guard_active_admin';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER guard_active_admin AFTER DELETE ON customers_membership DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.role = 'provider_admin') EXECUTE FUNCTION evcnet_guard_active_admin();
CREATE CONSTRAINT TRIGGER guard_active_admin_change AFTER UPDATE ON customers_membership DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.role = 'provider_admin' AND OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION evcnet_guard_active_admin();
CREATE CONSTRAINT TRIGGER guard_active_admin_login AFTER UPDATE ON customers_staffmember DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.is_active AND NOT NEW.is_active) EXECUTE FUNCTION evcnet_guard_active_admin();
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_guards")]
    operations = [migrations.RunSQL(GUARD, migrations.RunSQL.noop)]
