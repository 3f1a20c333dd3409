"""Map tiles: which host a template of addresses lets browsers fetch pictures from, and what is no template."""

import pytest

from evcnet.map_tiles import tile_hosts

PATH = "/{z}/{x}/{y}.png"


@pytest.mark.parametrize(
    ("template", "hosts"),
    [
        ("", []),
        (PATH, []),
        (f"https://tiles.example.org{PATH}?key=1", ["https://tiles.example.org"]),
        (f"https://{{s}}.tiles.example.org:8443{PATH}", ["https://*.tiles.example.org:8443"]),
    ],
)
def test_pictures_come_from_the_host_of_the_tiles_and_no_other(template, hosts):
    assert tile_hosts(template) == hosts


@pytest.mark.parametrize(
    "template",
    [
        "https://tiles.example.org/map.png",
        f"//tiles.example.org{PATH}",
        f"javascript:{PATH}",
        f"https://{PATH}",
        f"https://*{PATH}",
        f"https://tiles.example.org;script-src *{PATH}",
        f"https://me@tiles.example.org{PATH}",
    ],
)
def test_what_is_no_template_is_refused(template):
    with pytest.raises(ValueError, match="MAP_TILES_URL"):
        tile_hosts(template)
