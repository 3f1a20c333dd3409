"""Can a change be previewed and made where no transaction is open, as pages and commands do?"""

import pytest

from chargegroups.confirmation import confirm, look
from chargegroups.models import Terms
from chargegroups.proposals import NewTerms
from chargepoints.surroundings import surroundings


@pytest.mark.django_db(transaction=True)
def test_a_change_that_takes_effect_now_is_shown_and_then_made(world):
    proposal = NewTerms(world.leusden, {"tariff": world.cheap})
    seen = look(proposal, surroundings)
    assert Terms.objects.filter(charge_group=world.leusden).count() == 1
    confirm(proposal, fingerprint=seen.impact.fingerprint, surroundings=surroundings)
    assert Terms.objects.filter(charge_group=world.leusden).latest("valid_from").tariff == world.cheap
