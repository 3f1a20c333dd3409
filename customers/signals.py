"""Signals about customers."""

from django.dispatch import Signal

customer_erased = Signal()
"""A person is being erased: take away what is tied to the ``customer``. ``by`` is the login that does it, or None.

Sent inside the erasure's transaction by ``Customer``, before personal columns are overwritten. A receiver returns how
many rows it took away, by what they are called in the audit log; one that raises refuses the erasure.
"""
