"""CodeSuggestions for codes that nobody knows: near ones of the same provider, within what the login sees."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from django.contrib.postgres.search import TrigramSimilarity

from evcnet.importexport.row_errors import alternatives

if TYPE_CHECKING:
    from customers.models import Provider
    from evcnet.importexport.scope import FileScope
    from evcnet.importexport.widgets import ReferenceWidget

SIMILAR = 0.7  # from which ratio on a code may be a misspelt one
NEAR = 3  # codes that are suggested
FEW = 5  # codes that are named where none is near
WORDS_MOST = 50  # for which a file gets suggestions
CODES_MOST = 2_000  # that are compared one by one; among more the database looks first


class CodeSuggestions:
    """Of one import, in its ``scope``. Each unknown word is looked up once, whatever the number of its rows."""

    def __init__(self, scope: FileScope) -> None:
        self.scope = scope
        self._hints: dict[tuple[str, int, str], str] = {}

    def hint(self, widget: ReferenceWidget, provider: Provider, word: str) -> str:
        """ " (did you mean north?)", or "" where there is nothing to suggest."""
        key = (widget.model._meta.label, provider.pk, word)
        if widget.by != "code" or (key not in self._hints and len(self._hints) >= WORDS_MOST):
            return ""
        if key not in self._hints:
            self._hints[key] = self._find(widget, provider, word)
        return self._hints[key]

    def _find(self, widget: ReferenceWidget, provider: Provider, word: str) -> str:
        rows = self.scope.rows(widget.model).filter(provider=provider).order_by("code")
        pairs = list(rows.values_list("code", "name")[: CODES_MOST + 1])
        if len(pairs) > CODES_MOST:
            similar = rows.annotate(similarity=TrigramSimilarity("code", word)).order_by("-similarity", "code")
            pairs = list(similar.values_list("code", "name")[:FEW])
        elif len(pairs) <= FEW and pairs and not _near(word, pairs):
            codes = [code for code, _ in pairs]
            return f" (there {'is' if len(codes) == 1 else 'are'} {alternatives(codes).replace(' or ', ' and ')})"
        near = _near(word, pairs)
        return f" (did you mean {alternatives(near)}?)" if near else ""


def _near(word: str, pairs: Iterable[tuple[str, str]]) -> list[str]:
    """The codes whose spelling, or whose name, is nearest to the word."""
    ratios = [(max(_ratio(word, code), _ratio(word, name)), code) for code, name in pairs]
    near = sorted((pair for pair in ratios if pair[0] >= SIMILAR), key=lambda pair: (-pair[0], pair[1]))
    return [code for _, code in near[:NEAR]]


def _ratio(one: str, other: str) -> float:
    matcher = SequenceMatcher(None, one.casefold(), other.casefold())
    return matcher.ratio() if matcher.quick_ratio() >= SIMILAR else 0.0
