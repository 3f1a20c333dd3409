"""Signals of the gateway.

``point_state_changed`` is sent inside the transaction that changed it, with ``charge_point`` (id), ``before`` and ``after``
(words of PointState) and ``at``. A point became free where ``after`` is "available", occupied where ``before`` was.

``transaction_began`` is sent inside the transaction that keeps it, with ``begun`` (a Transaction that runs, whose card was
allowed) and ``at``.
"""

from django.dispatch import Signal

point_state_changed = Signal()
transaction_began = Signal()
