"""An e-MSP by extrawest-ocpi, in a process and a virtual environment of its own: what it takes it writes to a file."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

PORT, STORE = int(sys.argv[1]), sys.argv[2]
os.environ |= {"OCPI_HOST": f"127.0.0.1:{PORT}", "PROTOCOL": "http", "COUNTRY_CODE": "NL", "PARTY_ID": "NEW"}
os.environ["CI_STRING_LOWERCASE_PREFERENCE"] = "false"

import uvicorn
from py_ocpi import get_application
from py_ocpi.core.authentication.authenticator import Authenticator
from py_ocpi.core.crud import Crud
from py_ocpi.core.enums import ModuleID, RoleEnum
from py_ocpi.modules.versions.enums import VersionNumber

TOKEN = "token-B-of-the-newcomer"
stored: dict[str, dict[str, Any]] = {"locations": {}, "tariffs": {}}


def keep() -> None:
    with open(f"{STORE}.new", "w") as file:
        json.dump(stored, file, default=str)
    os.replace(f"{STORE}.new", STORE)


class Known(Authenticator):
    @classmethod
    async def get_valid_token_c(cls) -> list[str]:
        return [TOKEN]

    @classmethod
    async def get_valid_token_a(cls) -> list[str]:
        return []


class Memory(Crud):
    @classmethod
    async def get(cls, module: Any, role: Any, id: Any, *args: Any, **kwargs: Any) -> Any:
        return stored.get(module.value, {}).get(str(id).upper())

    @classmethod
    async def list(cls, module: Any, role: Any, filters: Any, *args: Any, **kwargs: Any) -> Any:
        return [], 0, True

    @classmethod
    async def create(cls, module: Any, role: Any, data: Any, *args: Any, **kwargs: Any) -> Any:
        stored[module.value][str(data["id"]).upper()] = data
        keep()
        return data

    @classmethod
    async def update(cls, module: Any, role: Any, data: Any, id: Any, *args: Any, **kwargs: Any) -> Any:
        return await cls.create(module, role, data)

    @classmethod
    async def delete(cls, module: Any, role: Any, id: Any, *args: Any, **kwargs: Any) -> None:
        stored[module.value].pop(str(id).upper(), None)
        keep()

    @classmethod
    async def do(cls, *args: Any, **kwargs: Any) -> Any:
        return None


modules = [ModuleID.credentials_and_registration, ModuleID.locations, ModuleID.tariffs]
app = get_application([VersionNumber.v_2_2_1], [RoleEnum.emsp], Memory, modules, Known)
keep()
uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning")
