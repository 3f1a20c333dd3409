"""The fields that a browser would send back from a page of the portal."""

from typing import Any


def page_form(response: Any) -> dict[str, Any]:
    """The main form as it is filled in, with its tables of rows."""
    shown = response.context["adminform"].form
    values = _values(shown)
    for formset in (each.formset for each in response.context["inline_admin_formsets"]):
        values |= _values(formset.management_form)
        for form in formset.forms:
            values |= _values(form)
    return values


def _values(form: Any) -> dict[str, Any]:
    found = {form.add_prefix(name): form[name].value() for name in form.fields}
    return {name: value for name, value in found.items() if value is not None and value is not False}


CONFIRMED = {"confirmed": "yes", "reason": "the owner asked for it"}
"""What the page sends that stands before an action on the status of rows."""
