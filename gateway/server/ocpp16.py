"""OCPP 1.6: what a device sends, handed to the domain and answered."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from ocpp.exceptions import PropertyConstraintViolationError
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import Action, DataTransferStatus, RegistrationStatus, ResetType, UpdateType

from chargegroups.access import OCPP16
from gateway import transactions
from gateway.decisions import decide, keep
from gateway.local_list import ListEntry
from gateway.meter import Reading, readings, watt_hours
from gateway.models import DeviceCommand
from gateway.registration import Boot
from gateway.server.connection import DeviceConnection, moment, on, plausible
from gateway.server.registering import register_device
from gateway.state_reports import report_state
from gateway.states import STATES


class Connection16(DeviceConnection, ChargePoint):
    """A connection with the subprotocol ocpp1.6."""

    @on(Action.boot_notification)
    async def on_boot(self, charge_point_vendor: str, charge_point_model: str, **more: Any) -> Any:
        serial = more.get("charge_point_serial_number") or more.get("charge_box_serial_number") or ""
        boot = Boot(charge_point_vendor, charge_point_model, serial, more.get("firmware_version") or "")
        registration = await register_device(self, boot)
        return call_result.BootNotification(
            current_time=timezone.now().isoformat(),
            interval=registration.interval,
            status=RegistrationStatus(registration.status),
        )

    @on(Action.heartbeat)
    async def on_heartbeat(self, **_: Any) -> Any:
        return call_result.Heartbeat(current_time=timezone.now().isoformat())

    @on(Action.status_notification)
    async def on_status(self, connector_id: int, error_code: str, status: str, **more: Any) -> Any:
        if self.visitor.charge_point is not None and status in STATES:
            problem = "" if error_code == "NoError" else " ".join(filter(None, [error_code, more.get("info")]))
            at = plausible(more.get("timestamp"))
            await self.run(report_state, self.charge_point, connector_id, 1, STATES[status], status, at, problem)
        return call_result.StatusNotification()

    @on(Action.authorize)
    async def on_authorize(self, id_tag: str, **_: Any) -> Any:
        answer = await self.run(decide, id_tag, self.visitor.identity, self.visitor.provider)
        return call_result.Authorize(id_tag_info=_info(answer.verdict))

    @on(Action.start_transaction)
    async def on_start(self, connector_id: int, id_tag: str, meter_start: int, timestamp: str, **_: Any) -> Any:
        at = moment(timestamp)
        if at is None:
            raise PropertyConstraintViolationError("timestamp is no moment.")
        start = transactions.Start(self.charge_point, id_tag, at, connector_id, watt_hours(meter_start))
        row, answer = await self.run(transactions.begin, start)
        if answer is not None:
            keep(answer, self.visitor.provider)
        return call_result.StartTransaction(transaction_id=int(row.code), id_tag_info=_info(row.verdict))

    @on(Action.stop_transaction)
    async def on_stop(self, transaction_id: int, timestamp: str, meter_stop: int, **more: Any) -> Any:
        at = moment(timestamp)
        if at is None:
            raise PropertyConstraintViolationError("timestamp is no moment.")
        values = tuple(readings(more.get("transaction_data") or (), moment))
        end = transactions.End(
            self.charge_point, str(transaction_id), at, watt_hours(meter_stop), values, more.get("reason") or ""
        )
        await self.run(transactions.end, end)
        return call_result.StopTransaction()

    @on(Action.meter_values)
    async def on_meter_values(self, connector_id: int, meter_value: list[Any], **more: Any) -> Any:
        values: list[Reading] = readings(meter_value, moment)
        if values and more.get("transaction_id") is not None:
            await self.run(transactions.read_meter, self.charge_point, str(more["transaction_id"]), values)
        return call_result.MeterValues()

    @on(Action.data_transfer)
    async def on_data_transfer(self, **_: Any) -> Any:
        return call_result.DataTransfer(status=DataTransferStatus.unknown_vendor_id)

    @on(Action.diagnostics_status_notification)
    async def on_diagnostics(self, **_: Any) -> Any:
        return call_result.DiagnosticsStatusNotification()

    @on(Action.firmware_status_notification)
    async def on_firmware(self, **_: Any) -> Any:
        return call_result.FirmwareStatusNotification()

    async def carry_out(self, command: DeviceCommand) -> str:
        """Send the command; the device's word."""
        wish = command.parameters
        connector = {"connector_id": int(wish["evse"])} if wish.get("evse") else {}
        request = {
            DeviceCommand.Kind.REMOTE_START: lambda: call.RemoteStartTransaction(wish["uid"], **connector),
            DeviceCommand.Kind.REMOTE_STOP: lambda: call.RemoteStopTransaction(int(wish["transaction"])),
            DeviceCommand.Kind.RESET: lambda: call.Reset(ResetType.hard if wish.get("hard") else ResetType.soft),
            DeviceCommand.Kind.UNLOCK: lambda: call.UnlockConnector(int(wish.get("evse") or 1)),
            DeviceCommand.Kind.BOOT: lambda: call.TriggerMessage("BootNotification"),
        }[DeviceCommand.Kind(command.kind)]()
        return str((await self.call(request, suppress=False)).status)

    # The local list

    async def list_limits(self) -> tuple[int, int]:
        """How many entries the device holds, and how many it takes at once; (0, 0): none."""
        names = ["LocalAuthListEnabled", "LocalAuthListMaxLength", "SendLocalListMaxLength"]
        answer = await self.call(call.GetConfiguration(names), suppress=False)
        values = {each["key"]: str(each.get("value") or "") for each in answer.configuration_key or []}
        most, at_once = (int(values[name]) if values.get(name, "").isdecimal() else 0 for name in names[1:])
        return (most, at_once) if values.get(names[0], "").lower() == "true" else (0, 0)

    async def current_list_version(self) -> int:
        return int((await self.call(call.GetLocalListVersion(), suppress=False)).list_version)

    async def send_list(self, version: int, entries: list[ListEntry], *, full: bool) -> bool:
        """False where the device did not take it."""
        rows = [{"id_tag": entry.uid, "id_tag_info": _list_info(entry)} for entry in entries]
        kind = UpdateType.full if full else UpdateType.differential
        answer = await self.call(call.SendLocalList(version, kind, rows), suppress=False)
        return str(answer.status) == "Accepted"


def _list_info(entry: ListEntry) -> dict[str, str]:
    expires = {"expiry_date": entry.valid_until.isoformat()} if entry.valid_until else {}
    return {"status": "Accepted"} | expires


def _info(verdict: str) -> Any:
    return IdTagInfo(status=OCPP16[verdict])  # type: ignore[index]
