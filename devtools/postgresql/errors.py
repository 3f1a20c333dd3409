"""What is said when the private PostgreSQL cannot be had?"""


class NotAvailable(Exception):
    """The private PostgreSQL cannot be used; the message names the thing, the reason and the way out."""
