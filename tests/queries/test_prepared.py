"""The decision's prepared statement. Django switches that off unless it is asked not to."""

import pytest
from django.db import connection
from django.utils import timezone

from chargepoints.authorization import authorize


@pytest.mark.django_db
def test_the_statement_of_a_decision_is_planned_once(world):
    for _ in range(3):
        authorize("04AA11", "NLGRGE0001", timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        prepared = [statement for (statement,) in cursor.fetchall()]
    assert [statement for statement in prepared if "chargepoints_chargepoint" in statement and "LATERAL" in statement]
    assert not [statement for statement in prepared if "pg_prepared_statements" in statement]
