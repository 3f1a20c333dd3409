"""Change the terms of a charge group, as it was previewed."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import IntegrityError

from changes.apply import StalePreview, apply_change
from changes.management.terms_options import TermsCommand, preview_as_json, refusal_from
from changes.models import Change
from changes.proposals import Inapplicable


class Command(TermsCommand):
    help = (
        "Change the terms of a charge group, as previewed: exit status 3, nothing written, if the effect differs now."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--confirm", required=True, metavar="FINGERPRINT", help="as preview_terms printed it")
        parser.add_argument(
            "--notify", choices=Change.Notify.values, help="default: regulars; none where the change only gives"
        )
        parser.add_argument("--reason", default="", metavar="TEXT")

    def handle(self, *args: Any, **options: Any) -> None:
        proposal, at = self.proposal(options)
        output, nothing = self.preview(proposal, at)
        if nothing:
            self.show(output | {"applied": False, "change": None}, options)
            self.stderr.write(nothing)
            return
        try:
            done = apply_change(
                proposal,
                fingerprint=options["confirm"],
                at=at,
                reason=options["reason"],
                notify=options["notify"],
            )
        except StalePreview as stale:
            self.show(preview_as_json(proposal, stale.preview) | {"applied": False, "change": None}, options)
            raise CommandError(str(stale), returncode=3) from stale
        except (Inapplicable, IntegrityError) as error:
            raise refusal_from(error) from error
        # Once applied, nothing about the prices is new any more; what was odd about them still is.
        done_so = {"warnings": output["warnings"], "applied": True, "change": done.change.pk}
        self.show(preview_as_json(proposal, done.preview) | done_so, options)
