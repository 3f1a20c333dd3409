"""Pages of devices: the connection of a charge point, and the devices that knock."""

from gateway.admin import unknown_devices

__all__ = ["unknown_devices"]
