"""What can be proposed? Each kind of change is a value: previewed, compared, applied, and read again in the record."""

from changes.proposals.base import Inapplicable, Nothing, Proposal
from changes.proposals.customers import CustomersMoved
from changes.proposals.exceptions import ExceptionsChanged, ProposedException
from changes.proposals.scheduled import Waiting
from changes.proposals.terms import NewTerms
from changes.proposals.versions import NewVersion

__all__ = [
    "CustomersMoved",
    "ExceptionsChanged",
    "Inapplicable",
    "NewTerms",
    "NewVersion",
    "Nothing",
    "Proposal",
    "ProposedException",
    "Waiting",
]
