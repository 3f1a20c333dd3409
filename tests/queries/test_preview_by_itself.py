"""Can a change be previewed and made where no transaction is open, as pages and commands do?"""

import pytest

from changes.apply import confirm, look
from changes.proposals import NewTerms
from changes.surroundings import surroundings
from chargegroups.models import Terms


@pytest.mark.django_db(transaction=True)
def test_a_change_that_takes_effect_now_is_shown_and_then_made(world):
    proposal = NewTerms(world.leusden, {"tariff": world.cheap})
    seen = look(proposal, surroundings)
    assert Terms.objects.filter(charge_group=world.leusden).count() == 1
    confirm(proposal, fingerprint=seen.impact.fingerprint, surroundings=surroundings)
    assert Terms.objects.filter(charge_group=world.leusden).latest("valid_from").tariff == world.cheap
