"""Readings: many parts of a page by one statement, and each row as Django fetches it itself."""

import pytest
from django.db.models import Count, Max
from django.utils import timezone

from changes.apply import apply_change, preview_change
from changes.models import Change
from changes.proposals import NewTerms
from chargegroups.models import Terms
from customers.models import Customer, LetterSettings, Membership, StaffMember
from evcnet.history import event_model
from evcnet.site.home.latest_changes import RECENT_MODELS
from evcnet.together import evaluate, read, reading_of, side_by_side, totals
from tariffs.current_price import with_elements
from tariffs.models import TariffVersion

pytestmark = pytest.mark.django_db


def steps(*each):
    for queryset in each:
        yield [queryset]
    return [len(queryset) for queryset in each]


def values(row) -> dict:
    return {name: value for name, value in vars(row).items() if not name.startswith("_")}


def test_rows_are_those_that_django_fetches_itself(world, django_assert_num_queries):
    proposal = NewTerms(world.leusden, {"roaming": True})
    seen = preview_change(proposal, None)
    apply_change(proposal, fingerprint=seen.impact.fingerprint, by=world.ben, at=None)
    kinds = [*RECENT_MODELS, *map(event_model, RECENT_MODELS), Change, Membership]
    together = [kind._base_manager.order_by("pk") for kind in kinds]
    with django_assert_num_queries(1):
        evaluate(together)
        found = [list(rows) for rows in together]
    for kind, rows in zip(kinds, found, strict=True):
        assert rows or kind._base_manager.count() == 0
        alone = list(kind._base_manager.order_by("pk"))
        assert list(map(values, rows)) == list(map(values, alone))
        assert [list(map(type, values(row).values())) for row in rows] == [
            list(map(type, values(row).values())) for row in alone
        ]


def test_joined_rows_values_and_totals_are_fetched_too(world, django_assert_num_queries):
    terms = Terms.objects.select_related("charge_group", "tariff").order_by("pk")
    pairs = Customer.objects.order_by("name").distinct().values_list("name", "status")
    counted = totals(Customer.objects.all(), many=Count("pk"), last=Max("number"))
    nobody, of_nobody = Customer.objects.none(), totals(Customer.objects.none(), many=Count("pk"))
    with django_assert_num_queries(1):
        evaluate([terms, pairs, counted, nobody, of_nobody])
        assert [row.charge_group.code for row in terms] and [row.tariff.provider_id for row in terms]
        assert list(nobody) == list(of_nobody) == []
        (found,) = counted
    assert list(pairs) == list(Customer.objects.order_by("name").distinct().values_list("name", "status"))
    assert found == Customer.objects.aggregate(many=Count("pk"), last=Max("number"))


def test_parts_cost_as_many_statements_as_the_longest_has_steps(world, django_assert_num_queries):
    def rows():
        return StaffMember.objects.order_by("pk")

    with django_assert_num_queries(3):
        one, three, none = read(side_by_side(steps(rows()), steps(rows(), rows(), rows()), steps()))
    assert (one, three, none) == ([len(rows())], [len(rows())] * 3, [])


def test_elements_are_at_hand_with_their_versions(world, django_assert_num_queries):
    versions = TariffVersion.objects.in_force(timezone.now()).select_related("tariff")
    with django_assert_num_queries(1):
        found = [[element.pk for element in version.elements.all()] for version in read(with_elements(versions))]
    assert found == [[element.pk for element in version.elements.all()] for version in versions.all()]
    assert any(found)


def test_binary_columns_are_refused(world):
    LetterSettings.objects.get_or_create(provider=world.greengrid)
    with pytest.raises(TypeError, match="binary"):
        read(side_by_side(reading_of(LetterSettings.objects.all()), reading_of(Customer.objects.all())))
