"""Customers' rights to their data: the export of all that is held about one, and the erasure of a person."""
