"""Tokens and agreements at past moments: what a person reads off notes of what happened, against the statement."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargepoints.authorization import authorize_at, authorize_past
from roaming.models import Agreement, PartnerToken
from tests import factories as make

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOW = START + 1000 * HOUR
UID = "04FEED01"
TABLES = ("roaming_partnertokenevent", "roaming_agreementevent", "chargepoints_chargepointevent",
          "chargegroups_chargegroupevent")  # fmt: skip

happenings = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from(["valid", "valid", "not valid", "agree", "agree", "end", "forget"]),
        st.integers(1, 9),
    ),
    min_size=2,
    max_size=9,
)
hours = st.integers(-5, 70)


class Notes:
    """Two partners of one provider, and what was known of each from when on: (moment, state)."""

    def __init__(self):
        group = make.ChargeGroupFactory(terms={"roaming": True, "valid_from": START - 9000 * HOUR})
        self.point = make.ChargePointFactory(charge_group=group)
        self.partners = [make.PartnerFactory(provider=group.provider, agreed=False) for _ in range(2)]
        self.tokens = [[], []]
        self.agreements = [[], []]  # of each partner: the notes of each agreement
        self.moved_to(START)

    def moved_to(self, at):
        """All that this transaction wrote so far, and that was not moved yet, happened then."""
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table in TABLES:
                cursor.execute(f"UPDATE {table} SET pgh_created_at = %s WHERE pgh_created_at = now()", [at])
            cursor.execute("SET LOCAL session_replication_role = origin")

    def happens(self, at, who, what):
        if what in ("valid", "not valid"):
            self._token(at, who, what == "valid")
        elif what == "agree" and self._running(who) is None:
            self._agree(at, who)
        elif what == "end" and (running := self._running(who)):
            Agreement.objects.filter(partner=self.partners[who], valid_until=None).update(valid_until=at)
            running.append((at, (running[-1][1][0], at)))
        elif what == "forget" and (running := self._running(who)):
            Agreement.objects.filter(partner=self.partners[who], valid_until=None).delete()
            running.append((at, None))
        self.moved_to(at)

    def _running(self, who):
        """The notes of the agreement that has no end; None where there is none."""
        notes = self.agreements[who][-1] if self.agreements[who] else None
        return notes if notes and notes[-1][1] and notes[-1][1][1] is None else None

    def _token(self, at, who, valid):
        row = PartnerToken.objects.filter(partner=self.partners[who]).first()
        if row is None:
            make.PartnerTokenFactory(partner=self.partners[who], uid=UID, valid=valid)
        else:
            PartnerToken.objects.filter(pk=row.pk).update(valid=valid)
        if not self.tokens[who] or self.tokens[who][-1][1] != valid:
            self.tokens[who].append((at, valid))

    def _agree(self, at, who):
        make.AgreementFactory(partner=self.partners[who], valid_from=at)
        self.agreements[who].append([(at, (at, None))])

    # What a person reads off

    def answer(self, at):
        counting = []
        for notes, agreements in zip(self.tokens, self.agreements, strict=True):
            if notes and self._agreed(agreements, at, before=at < max(notes[0][0], START)):
                counting.append((notes[0][0] <= at, _state(notes, at, before=True)))
        if any(known for known, _ in counting):
            counting = [each for each in counting if each[0]]
        if len(counting) != 1:
            return "card_ambiguous" if counting else "card_unknown"
        return "roaming_partner" if counting[0][1] else "card_not_active"

    def _agreed(self, agreements, at, before):
        states = [_state(notes, at, before) for notes in agreements]
        return any(state and state[0] <= at and (state[1] is None or at < state[1]) for state in states)


def _state(notes, at, before):
    """As it stood at the moment; ``before``: else as it was first known."""
    known = [state for since, state in notes if since <= at]
    return known[-1] if known else notes[0][1] if before else None


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(happenings=happenings, asked=st.lists(hours, min_size=3, max_size=8))
def test_a_past_moment_is_read_as_it_was_noted(db, happenings, asked):
    with transaction.atomic():
        notes, at = Notes(), START
        for who, what, later in happenings:
            at += later * HOUR
            notes.happens(at, who, what)
        for hour in asked:
            moment = START + hour * HOUR + HOUR / 2
            answer = authorize_at(UID, notes.point.identity, moment, now=NOW)
            assert answer.reason == notes.answer(moment), (happenings, hour)
            [many] = authorize_past([(UID, notes.point.identity, moment)])
            assert many.facts.row == answer.facts.row
        transaction.set_rollback(True)
