"""What can be proposed? Each kind of change is a value: previewed, compared, applied, and read again in the record."""

from chargegroups.proposals.base import Inapplicable, Nothing, Proposal
from chargegroups.proposals.customers import CustomersMoved
from chargegroups.proposals.exceptions import ExceptionsChanged, ProposedException
from chargegroups.proposals.terms import NewTerms
from chargegroups.proposals.versions import NewVersion
from chargegroups.proposals.waiting import Waiting

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
