"""Changes previewed and made where no transaction is open, as pages and commands do."""

import pytest

from changes.apply import apply_change, preview_change
from changes.proposals import NewTerms
from chargegroups.models import Terms


@pytest.mark.django_db(transaction=True)
def test_a_change_that_takes_effect_now_is_shown_and_then_made(world):
    proposal = NewTerms(world.leusden, {"tariff": world.cheap})
    seen = preview_change(proposal)
    assert Terms.objects.filter(charge_group=world.leusden).count() == 1
    apply_change(proposal, fingerprint=seen.impact.fingerprint)
    assert Terms.objects.filter(charge_group=world.leusden).latest("valid_from").tariff == world.cheap
