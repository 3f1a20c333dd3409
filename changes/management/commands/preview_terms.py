"""Command `preview_terms`: who would be affected by other terms of a charge group, and how. Writes nothing."""

from typing import Any

from changes.management.terms_options import TermsCommand


class Command(TermsCommand):
    help = "Show who would be affected by other terms of a charge group, and how. Nothing is written."

    def handle(self, *args: Any, **options: Any) -> None:
        proposal, at = self.proposal(options)
        output, nothing = self.preview(proposal, at)
        self.show(output, options)
        if nothing:
            self.stderr.write(nothing)
