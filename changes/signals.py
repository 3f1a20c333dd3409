"""What is announced after a change has been committed?

Both signals are sent by ``Change`` with ``change`` (the record), ``groups`` (ids of the charge groups concerned) and
``takes_effect_at``. A scheduled change is announced when it is confirmed, and again with ``cancelled=True`` when it
is cancelled. A receiver that fails does not undo the change.
"""

from django.dispatch import Signal

tariff_changed = Signal()
"""Prices differ for somebody: another tariff, or another version of one."""

access_changed = Signal()
"""Somebody gains or loses access, or the access policy says something else."""
