"""Devices, the states of their connectors, transactions, messages, commands, and devices that nobody knows."""

from gateway.models.commands import DeviceCommand
from gateway.models.devices import ConnectorState, Device, GatewayProcess, UnknownDevice
from gateway.models.messages import Message
from gateway.models.transactions import MeterReading, Transaction

__all__ = [
    "ConnectorState",
    "Device",
    "DeviceCommand",
    "GatewayProcess",
    "Message",
    "MeterReading",
    "Transaction",
    "UnknownDevice",
]
