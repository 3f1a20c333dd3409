"""Pages of devices: the connection of a charge point, and unknown devices."""

from gateway.admin import unknown_devices

__all__ = ["unknown_devices"]
