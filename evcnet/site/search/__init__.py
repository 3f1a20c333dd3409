"""The box: one search over everything that a login may open, and the answer for a card at a charge point."""
