"""Reads what was pulled of locations and tariffs by the objects of extrawest-ocpi, in an environment of its own; how many of each."""

from __future__ import annotations

import json
import sys

from py_ocpi.modules.locations.v_2_2_1.schemas import Location
from py_ocpi.modules.tariffs.v_2_2_1.schemas import Tariff

READERS = {"locations": Location, "tariffs": Tariff}

with open(sys.argv[1]) as file:
    pulled = json.load(file)
counts = {}
for module, objects in pulled.items():
    read = [READERS[module](**each) for each in objects]
    counts[module] = len({each.id for each in read})
print(json.dumps(counts))
