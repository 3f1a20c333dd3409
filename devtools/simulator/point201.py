"""A simulated charging station of OCPP 2.0.1."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from ocpp.v201 import ChargePoint, call, call_result
from ocpp.v201.enums import Action

from devtools.simulator.charging import Charging
from gateway.server.connection import on


class SimulatedPoint201(ChargePoint):
    """One EVSE, one driver after another."""

    charging: Charging
    number = 0
    list_version = 0

    async def boot(self) -> str:
        station = {"vendorName": "Simulo", "model": "evcnet demo 2"}
        return str((await self.call(call.BootNotification(station, "PowerUp"))).status)

    async def heartbeat(self) -> None:
        await self.call(call.Heartbeat())

    async def show(self, status: str) -> None:
        word = status if status in ("Available", "Faulted", "Unavailable") else "Occupied"
        await self.call(call.StatusNotification(_now(), word, 1, 1))

    async def authorize(self, uid: str) -> bool:
        answer = await self.call(call.Authorize(_token(uid)))
        return bool(answer.id_token_info["status"] == "Accepted")

    async def begin(self, uid: str, meter: int) -> None:
        self.transaction = str(uuid4())
        await self._event("Started", "Authorized", meter, "Transaction.Begin", "Charging", _token(uid))

    async def read(self, meter: int) -> None:
        await self._event("Updated", "MeterValuePeriodic", meter, "Sample.Periodic", "Charging")

    async def end(self, meter: int) -> None:
        await self._event("Ended", "StopAuthorized", meter, "Transaction.End", None)

    async def _event(
        self, kind: str, trigger: str, meter: int, context: str, state: str | None, token: dict[str, str] | None = None
    ) -> None:
        self.number += 1
        info = {"transactionId": self.transaction} | ({"chargingState": state} if state else {})
        value = {"timestamp": _now(), "sampledValue": [{"value": meter, "context": context}]}
        evse = {"id": 1, "connectorId": 1}
        await self.call(
            call.TransactionEvent(
                kind, _now(), trigger, self.number, info, meter_value=[value], evse=evse, id_token=token
            )
        )

    # What the gateway asks

    @on(Action.request_stop_transaction)
    def on_stop(self, transaction_id: str, **_: Any) -> Any:
        is_ours = self.charging.is_running and transaction_id == self.transaction
        if is_ours:
            self.charging.stop.set()
        return call_result.RequestStopTransaction("Accepted" if is_ours else "Rejected")

    @on(Action.reset)
    def on_reset(self, **_: Any) -> Any:
        asyncio.get_running_loop().call_later(1, self.charging.restart.set)
        return call_result.Reset("Accepted")

    @on(Action.unlock_connector)
    def on_unlock(self, **_: Any) -> Any:
        self.charging.stop.set()
        return call_result.UnlockConnector("Unlocked")

    @on(Action.trigger_message)
    def on_trigger(self, **_: Any) -> Any:
        asyncio.get_running_loop().call_later(1, self.charging.restart.set)
        return call_result.TriggerMessage("Accepted")

    @on(Action.get_local_list_version)
    def on_list_version(self, **_: Any) -> Any:
        return call_result.GetLocalListVersion(self.list_version)

    @on(Action.send_local_list)
    def on_list(self, version_number: int, **_: Any) -> Any:
        self.list_version = version_number
        return call_result.SendLocalList("Accepted")


def _token(uid: str) -> dict[str, str]:
    return {"idToken": uid, "type": "ISO14443"}


def _now() -> str:
    return datetime.now(UTC).isoformat()
