"""Simulated charge points of the demo: they boot, charge and answer, so that a visitor sees states move."""
