"""Models of changes: what was confirmed, and drafts of what is proposed."""

from changes.models.changes import CHANGE_TEXT, Change, ChangeManager, Way
from changes.models.drafts import Draft

__all__ = ["CHANGE_TEXT", "Change", "ChangeManager", "Draft", "Way"]
