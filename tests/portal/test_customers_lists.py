"""Lists of customers: as quick with many rows as with few."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import ApiKey
from customers.permissions import Role
from tests import factories as make

pytestmark = pytest.mark.django_db

MANY = 60

LISTS = {
    "/chargepoints/chargepoint/": lambda world: make.ChargePointFactory(charge_group=world.leusden),
    "/chargepoints/location/": lambda world: make.LocationFactory(provider=world.greengrid),
    "/customers/customer/": lambda world: make.CustomerFactory(user_group=world.north),
    "/customers/chargecard/": lambda world: make.ChargeCardFactory(
        customer=make.CustomerFactory(user_group=world.north)
    ),
    "/customers/usergroup/": lambda world: make.UserGroupFactory(provider=world.greengrid, parent=world.north),
    "/customers/staffmember/": lambda world: make.StaffMemberFactory(role=Role.HELPDESK, user_group=world.north),
    "/customers/apikey/": lambda world: ApiKey.make(provider=world.greengrid, name="key"),
}


@pytest.mark.parametrize("address", LISTS)
def test_a_list_takes_no_more_queries_with_many_rows_than_with_few(world, signed_in, address):
    browser = signed_in(world.anna)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(address).status_code == 200
        return len(captured)

    for _ in range(3):
        LISTS[address](world)
    few = queries()
    for _ in range(MANY):
        LISTS[address](world)
    assert queries() <= few
