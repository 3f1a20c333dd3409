"""Signals of the gateway.

``point_state_changed`` is sent inside the transaction that changed it, with ``charge_point`` (id), ``before`` and ``after``
(words of PointState) and ``at``. A point became free where ``after`` is "available", occupied where ``before`` was.
"""

from django.dispatch import Signal

point_state_changed = Signal()
