"""Ratings are appended and never rewritten, and what is rated stays as it was measured."""

from django.db import migrations

STAYS = ["provider_id", "code", "charge_point_id", "card_uid", "started_at", "ended_at", "kwh", "parking_seconds",
         "verdict", "reason", "tariff_version_id", "tariff_source"]  # fmt: skip
OLD, NEW = (", ".join(f"{row}.{column}" for column in STAYS) for row in ("OLD", "NEW"))

CREATE = f"""
CREATE FUNCTION evcnet_rating_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A rating is never changed or removed: correct it by another one, with a reason.'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'rating_append_only';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON chargepoints_rating
    FOR EACH ROW EXECUTE FUNCTION evcnet_rating_append_only();

CREATE FUNCTION evcnet_rated_session_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM chargepoints_rating WHERE session_id = OLD.id) THEN
        RAISE EXCEPTION 'The session is rated, so what was measured stays: correct its rating, with a reason.'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'session_rated_stays';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rated_stays BEFORE UPDATE ON chargepoints_session
    FOR EACH ROW WHEN (({OLD}) IS DISTINCT FROM ({NEW})) EXECUTE FUNCTION evcnet_rated_session_stays();
"""

UNDO = "DROP FUNCTION evcnet_rating_append_only, evcnet_rated_session_stays CASCADE;"


class Migration(migrations.Migration):
    dependencies = [("chargepoints", "0004_ratings")]
    operations = [migrations.RunSQL(CREATE, UNDO)]
