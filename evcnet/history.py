"""Which changes are kept? Every insert, update and delete of a tracked model, also those that never call save()."""

from typing import Any

import pghistory


def tracked(**options: Any) -> Any:
    """Keep every version of the model's rows. The trackers are made anew each time, since they remember their model."""
    return pghistory.track(
        pghistory.InsertEvent(level=pghistory.Statement),
        pghistory.UpdateEvent(level=pghistory.Statement),
        pghistory.DeleteEvent(level=pghistory.Statement),
        **options,
    )
