"""Drafts that a file leaves: where its changes need a second person, they wait as those of pages do."""

from __future__ import annotations

from django.db import transaction

from changes.approval import ask_approval
from changes.drafts import SavedForm, save_draft
from changes.file_changes import FileChanges
from changes.models import Draft
from customers.models import StaffMember


@transaction.atomic
def keep_drafts(changes: FileChanges, author: StaffMember) -> list[Draft]:
    """Keep each change of the file as a draft, and ask for approval of those that need it; all of them, or none.

    Raises Inapplicable where nobody could approve one.
    """
    note, notify = changes.reason[:500], changes.notify or ""
    drafts = []
    for each in changes.judged:
        draft = save_draft(each.preview, SavedForm(each.at, note=note, notify=notify), author)
        if each.needs_approval:
            ask_approval(draft, author, note, notify)
        drafts.append(draft)
    return drafts
