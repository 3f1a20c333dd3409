"""A page loads what it needs: charts and maps where there are some, and nothing that no page asks for."""

import re

import pytest

pytestmark = pytest.mark.django_db

LOADED = re.compile(r"""<(?:script|link)\b[^>]*?\s(?:src|href)=["']/static/([^"'?]+)""")
HEAVY = re.compile(r"chart\.|leaflet|xregexp|urlify|prepopulate\.|alpine\.sort")


@pytest.mark.parametrize("address", ["/customers/customer/", "/customers/customer/add/", "/may-this-card-charge/"])
def test_a_page_without_chart_or_map_loads_neither(world, signed_in, address):
    loaded = LOADED.findall(signed_in(world.anna).get(address).content.decode())
    assert any("alpine" in path for path in loaded)
    assert [path for path in loaded if HEAVY.search(path)] == []


def test_home_loads_what_draws_its_charts(world, signed_in):
    loaded = LOADED.findall(signed_in(world.anna).get("/").content.decode())
    assert any("chart" in path for path in loaded)
