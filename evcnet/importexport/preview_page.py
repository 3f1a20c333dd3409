"""What a page shows of the preview of an import."""

from __future__ import annotations

from typing import Any

from evcnet.importexport.error_kinds import MAX_KINDS, kinds_of
from evcnet.importexport.forms import ConfirmImportForm
from evcnet.importexport.results import LISTED, ImportResult


def preview_context(result: ImportResult, values: dict[str, Any]) -> dict[str, Any]:
    """What the preview shows of a result. ``hidden`` is what the confirmation sends back."""
    errors = result.errors
    kinds = kinds_of(result.all_errors(), result.sources)
    rows = sorted(result.rows, key=lambda each: each.number)
    new = [each for each in rows if each.is_new()]
    changed = [each for each in rows if each.is_update()]
    hidden = {name: value for name, value in values.items() if name not in ConfirmImportForm.TYPED}
    return {
        "result": result,
        "file_name": values["original_file_name"],
        "hidden": hidden | {"fingerprint": result.fingerprint},
        "errors": errors[:LISTED],
        "error_kinds": kinds[:MAX_KINDS],
        "more_kinds": len(kinds) - MAX_KINDS,
        "new": new,
        "more_new": result.new - len(new),
        "changed": changed,
        "more_changed": result.updated - len(changed),
    }
