"""Signals of the frame."""

from django.dispatch import Signal

rows_changed = Signal()
"""Rows of the sender, a model, were changed by one statement, of which no ``post_save`` tells: ``keys`` are theirs.

Sent inside the transaction by what sets a status on many rows.
"""
