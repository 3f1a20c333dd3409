"""The error for a private PostgreSQL that cannot be had."""


class NotAvailable(Exception):
    """The private PostgreSQL cannot be used; the message names the thing, the reason and the way out."""
