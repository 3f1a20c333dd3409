"""Admin pages of changes: the wizard that makes them, and the change log."""

from changes.admin.change_log import ChangeAdmin

__all__ = ["ChangeAdmin"]
