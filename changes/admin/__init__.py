"""Admin pages of changes: the wizard that makes them, and the change log."""

from changes.admin.change_log import ChangeAdmin
from changes.admin.drafts import DraftAdmin

__all__ = ["ChangeAdmin", "DraftAdmin"]
