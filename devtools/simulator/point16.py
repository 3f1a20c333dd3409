"""A simulated charge point of OCPP 1.6."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import Action

from devtools.simulator.charging import Charging
from gateway.server.connection import on


class SimulatedPoint16(ChargePoint):
    """One connector, one driver after another."""

    charging: Charging
    list_version = 0

    async def boot(self) -> str:
        return str((await self.call(call.BootNotification("Simulo One", "evcnet demo"))).status)

    async def heartbeat(self) -> None:
        await self.call(call.Heartbeat())

    async def show(self, status: str) -> None:
        await self.call(call.StatusNotification(1, "OtherError" if status == "Faulted" else "NoError", status))

    async def authorize(self, uid: str) -> bool:
        return bool((await self.call(call.Authorize(uid))).id_tag_info["status"] == "Accepted")

    async def begin(self, uid: str, meter: int) -> None:
        answer = await self.call(call.StartTransaction(1, uid, meter, _now()))
        self.transaction = answer.transaction_id

    async def read(self, meter: int) -> None:
        value = {"timestamp": _now(), "sampledValue": [{"value": str(meter)}]}
        await self.call(call.MeterValues(1, [value], self.transaction))

    async def end(self, meter: int) -> None:
        await self.call(call.StopTransaction(meter, _now(), self.transaction))

    # What the gateway asks

    @on(Action.remote_stop_transaction)
    def on_stop(self, transaction_id: int, **_: Any) -> Any:
        is_ours = self.charging.is_running and transaction_id == self.transaction
        if is_ours:
            self.charging.stop.set()
        return call_result.RemoteStopTransaction("Accepted" if is_ours else "Rejected")

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

    @on(Action.get_configuration)
    def on_configuration(self, **_: Any) -> Any:
        values = {"LocalAuthListEnabled": "true", "LocalAuthListMaxLength": "500", "SendLocalListMaxLength": "100"}
        keys = [{"key": key, "readonly": True, "value": value} for key, value in values.items()]
        return call_result.GetConfiguration(keys)

    @on(Action.get_local_list_version)
    def on_list_version(self, **_: Any) -> Any:
        return call_result.GetLocalListVersion(self.list_version)

    @on(Action.send_local_list)
    def on_list(self, list_version: int, **_: Any) -> Any:
        self.list_version = list_version
        return call_result.SendLocalList("Accepted")


def _now() -> str:
    return datetime.now(UTC).isoformat()
