"""Pages of roaming: partners with their agreements and connection, their tokens, and the messages to and from them."""

from roaming.admin import messages, partners, tokens

__all__ = ["messages", "partners", "tokens"]
