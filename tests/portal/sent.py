"""The fields that a browser without scripts would send back from a page when a certain button is pressed."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any


class _Fields(HTMLParser):
    """The filled-in fields of the page's forms, by the form's address."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, list[tuple[str, str]]]] = []
        self.select: str | None = None
        self.chosen: str | None = None

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = dict(attrs)
        if tag == "form":
            self.forms.append((given.get("action") or "", []))
        elif tag == "input":
            self._input(given)
        elif tag == "select":
            self.select, self.chosen = given.get("name"), None
        elif tag == "option" and self.select and (self.chosen is None or "selected" in given):
            self.chosen = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self.select:
            self._add(self.select, self.chosen or "")
            self.select = None

    def _input(self, given: dict[str, Any]) -> None:
        kind = given.get("type", "text")
        if kind in ("checkbox", "radio") and "checked" not in given:
            return
        if given.get("name") and kind not in ("submit", "button"):
            self._add(given["name"], given.get("value", "on" if kind == "checkbox" else ""))

    def _add(self, name: str, value: str) -> None:
        if self.forms:
            self.forms[-1][1].append((name, value))


def sent(response: Any, action: str, **changed: Any) -> dict[str, Any]:
    """The fields of the form with this address; ``changed`` is typed over, None unticks or leaves a field out."""
    parser = _Fields()
    parser.feed(response.content.decode())
    fields: dict[str, Any] = {}
    for name, value in next(fields for address, fields in parser.forms if address == action):
        fields.setdefault(name, []).append(value)
    fields.pop("csrfmiddlewaretoken", None)
    fields |= changed
    return {name: value for name, value in fields.items() if value is not None}


def press(browser: Any, shown: Any, /, *, follow: bool = False, **typed: Any) -> Any:
    """Press a button, ``step``, of the page of a change: of its form, at its address, or of the draft that was saved."""
    wizard = shown.context["wizard"]
    edited = typed.get("step") == "edit" and getattr(wizard, "edit_address", "")
    return browser.post(edited or wizard.address, sent(shown, wizard.address, **typed), follow=follow)


def preview_of(browser: Any, page: str, **typed: Any) -> Any:
    """The preview of what was typed over the form of a change, at whatever address it is shown."""
    return browser.post(page, sent(browser.get(page), page, step="preview", **typed), follow=True)
