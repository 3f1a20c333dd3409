"""Proposals: each kind of change is a value that is previewed, compared, applied, and read again in the change log."""

from changes.proposals.base import Inapplicable, NothingToChange, Proposal
from changes.proposals.customers import CustomerMoves
from changes.proposals.exceptions import CustomerName, ExceptionChanges, ProposedException
from changes.proposals.scheduled import ScheduledChange
from changes.proposals.terms import NewTerms
from changes.proposals.terms_of_many import TermsOfMany
from changes.proposals.versions import NewVersion, TariffEnd

__all__ = [
    "CustomerMoves",
    "CustomerName",
    "ExceptionChanges",
    "Inapplicable",
    "NewTerms",
    "NewVersion",
    "NothingToChange",
    "Proposal",
    "ProposedException",
    "ScheduledChange",
    "TariffEnd",
    "TermsOfMany",
]
