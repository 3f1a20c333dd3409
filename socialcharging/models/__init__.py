"""Queues, their entries, what drivers are told, their links, and the settings of a charge group."""

from socialcharging.models.links import DriverLink
from socialcharging.models.mails import QueueMail
from socialcharging.models.queues import Queue, QueueEntry
from socialcharging.models.settings import SocialSettings

__all__ = ["DriverLink", "Queue", "QueueEntry", "QueueMail", "SocialSettings"]
