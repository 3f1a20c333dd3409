"""OCPP 2.0.1: what a device sends, handed to the domain and answered."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from ocpp.exceptions import PropertyConstraintViolationError
from ocpp.v201 import ChargePoint, call, call_result
from ocpp.v201.datatypes import IdTokenInfoType, StatusInfoType
from ocpp.v201.enums import (
    Action,
    DataTransferStatusEnumType,
    RegistrationStatusEnumType,
    ResetEnumType,
    UpdateEnumType,
)

from chargegroups.access import OCPP201
from chargepoints.authorization import Authorization
from gateway import transactions
from gateway.decisions import decide, keep
from gateway.local_list import ListEntry
from gateway.meter import Reading, readings
from gateway.models import DeviceCommand
from gateway.registration import Boot
from gateway.server.connection import DeviceConnection, moment, on, plausible
from gateway.server.registering import register_device
from gateway.state_reports import report_state
from gateway.states import CHARGING_STATES, STATES, State


class Connection201(DeviceConnection, ChargePoint):
    """A connection with the subprotocol ocpp2.0.1."""

    @on(Action.boot_notification)
    async def on_boot(self, charging_station: dict[str, Any], **_: Any) -> Any:
        names = ("vendor_name", "model", "serial_number", "firmware_version")
        registration = await register_device(self, Boot(*(charging_station.get(name) or "" for name in names)))
        info = StatusInfoType("NotActive", registration.reason[:512]) if registration.reason else None
        return call_result.BootNotification(
            current_time=timezone.now().isoformat(),
            interval=registration.interval,
            status=RegistrationStatusEnumType(registration.status),
            status_info=info,
        )

    @on(Action.heartbeat)
    async def on_heartbeat(self, **_: Any) -> Any:
        return call_result.Heartbeat(current_time=timezone.now().isoformat())

    @on(Action.status_notification)
    async def on_status(self, timestamp: str, connector_status: str, evse_id: int, connector_id: int, **_: Any) -> Any:
        if self.visitor.charge_point is not None and connector_status in STATES:
            state, at = STATES[connector_status], plausible(timestamp)
            await self.run(report_state, self.charge_point, evse_id, connector_id, state, connector_status, at)
        return call_result.StatusNotification()

    @on(Action.authorize)
    async def on_authorize(self, id_token: dict[str, Any], **_: Any) -> Any:
        answer = await self.run(decide, id_token["id_token"], self.visitor.identity, self.visitor.provider)
        return call_result.Authorize(id_token_info=_info(answer.verdict))

    @on(Action.transaction_event)
    async def on_transaction(
        self, event_type: str, timestamp: str, transaction_info: dict[str, Any], **more: Any
    ) -> Any:
        at = moment(timestamp)
        if at is None:
            raise PropertyConstraintViolationError("timestamp is no moment.")
        code, uid = transaction_info["transaction_id"], (more.get("id_token") or {}).get("id_token")
        values = readings(more.get("meter_value") or (), moment)
        evse = more.get("evse") or {}
        verdict = await self._take_event(event_type, code, uid, at, values, evse)
        await self._take_charging_state(transaction_info.get("charging_state"), event_type, evse, timestamp)
        return call_result.TransactionEvent(id_token_info=_info(verdict) if verdict is not None else None)

    async def _take_event(
        self, event_type: str, code: str, uid: str | None, at: Any, values: list[Reading], evse: dict[str, Any]
    ) -> str | None:
        """The verdict about the card that the event names; None where it names none."""
        number, connector = int(evse.get("id") or 0), int(evse.get("connector_id") or 0)
        if event_type == "Started":
            begun = next(
                (each for each in values if each.context == "Transaction.Begin"), values[0] if values else None
            )
            meter = begun.watt_hours if begun else None
            start = transactions.Start(self.charge_point, uid or "", at, number, meter, code, connector)
            row, answer = await self.run(transactions.begin, start)
            self._keep_decision(answer)
            return row.verdict if uid is not None else None
        if event_type == "Ended":
            end = transactions.End(self.charge_point, code, at, readings=tuple(values))
            await self.run(transactions.end, end)
            return None
        if number:
            await self.run(transactions.note_connector, self.charge_point, code, number, connector)
        if values:
            await self.run(transactions.read_meter, self.charge_point, code, values)
        if uid is None:
            return None
        answer = await self.run(transactions.present_card, self.charge_point, code, uid)
        self._keep_decision(answer)
        return answer.verdict

    def _keep_decision(self, answer: Authorization | None) -> None:
        if answer is not None:
            keep(answer, self.visitor.provider)

    async def _take_charging_state(self, charging: str | None, event_type: str, evse: dict[str, Any], at: str) -> None:
        """StatusNotification of 2.0.1 says occupied at most: that it charges is said by the transaction alone."""
        if not charging or not evse.get("id") or event_type == "Ended":
            return
        state, connector = CHARGING_STATES.get(charging, State.OCCUPIED), int(evse.get("connector_id") or 1)
        await self.run(report_state, self.charge_point, evse["id"], connector, state, charging, plausible(at))

    @on(Action.meter_values)
    async def on_meter_values(self, **_: Any) -> Any:
        return call_result.MeterValues()

    @on(Action.notify_event)
    async def on_event(self, **_: Any) -> Any:
        return call_result.NotifyEvent()

    @on(Action.notify_report)
    async def on_report(self, **_: Any) -> Any:
        return call_result.NotifyReport()

    @on(Action.security_event_notification)
    async def on_security_event(self, **_: Any) -> Any:
        return call_result.SecurityEventNotification()

    @on(Action.firmware_status_notification)
    async def on_firmware(self, **_: Any) -> Any:
        return call_result.FirmwareStatusNotification()

    @on(Action.log_status_notification)
    async def on_log_status(self, **_: Any) -> Any:
        return call_result.LogStatusNotification()

    @on(Action.data_transfer)
    async def on_data_transfer(self, **_: Any) -> Any:
        return call_result.DataTransfer(status=DataTransferStatusEnumType.unknown_vendor_id)

    async def carry_out(self, command: DeviceCommand) -> str:
        """Send the command; the device's word."""
        wish = command.parameters
        evse = {"evse_id": int(wish["evse"])} if wish.get("evse") else {}
        request = {
            DeviceCommand.Kind.REMOTE_START: lambda: call.RequestStartTransaction(
                {"id_token": wish["uid"], "type": "Central"}, command.pk, **evse
            ),
            DeviceCommand.Kind.REMOTE_STOP: lambda: call.RequestStopTransaction(str(wish["transaction"])),
            DeviceCommand.Kind.RESET: lambda: call.Reset(
                ResetEnumType.immediate if wish.get("hard") else ResetEnumType.on_idle
            ),
            DeviceCommand.Kind.UNLOCK: lambda: call.UnlockConnector(int(wish.get("evse") or 1), 1),
            DeviceCommand.Kind.BOOT: lambda: call.TriggerMessage("BootNotification"),
        }[DeviceCommand.Kind(command.kind)]()
        return str((await self.call(request, suppress=False)).status)

    # The local list

    async def list_limits(self) -> tuple[int, int]:
        """How many entries the device holds, and how many it takes at once; (0, 0): none."""
        asked = [("Enabled", None), ("Entries", "MaxSet"), ("ItemsPerMessage", None)]
        component = {"name": "LocalAuthListCtrlr"}
        wishes = [{"component": component, "variable": {"name": name}} | ({"attribute_type": kind} if kind else {})
                  for name, kind in asked]  # fmt: skip
        answer = await self.call(call.GetVariables(wishes), suppress=False)
        values = {
            each["variable"]["name"]: str(each.get("attribute_value") or "") for each in answer.get_variable_result
        }
        at_once = int(values["ItemsPerMessage"]) if values.get("ItemsPerMessage", "").isdecimal() else 0
        most = int(values["Entries"]) if values.get("Entries", "").isdecimal() else at_once
        return (most, at_once) if values.get("Enabled", "").lower() == "true" else (0, 0)

    async def current_list_version(self) -> int:
        return int((await self.call(call.GetLocalListVersion(), suppress=False)).version_number)

    async def send_list(self, version: int, entries: list[ListEntry], *, full: bool) -> bool:
        """False where the device did not take it."""
        rows = [{"id_token": {"id_token": entry.uid, "type": "ISO14443"}, "id_token_info": _list_info(entry)}
                for entry in entries]  # fmt: skip
        kind = UpdateEnumType.full if full else UpdateEnumType.differential
        answer = await self.call(call.SendLocalList(version, kind, rows or None), suppress=False)
        return str(answer.status) == "Accepted"


def _list_info(entry: ListEntry) -> dict[str, str]:
    expires = {"cache_expiry_date_time": entry.valid_until.isoformat()} if entry.valid_until else {}
    return {"status": "Accepted"} | expires


def _info(verdict: str) -> Any:
    return IdTokenInfoType(status=OCPP201[verdict])  # type: ignore[index]
