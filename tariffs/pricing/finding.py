"""What is a finding about a tariff? Something odd: where, why, and how to mend it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` names the rule, `where` the place ("elements[1]"); none of them forbids the tariff."""

    code: str
    where: str
    why: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why} {self.remedy}"


def place(index: int) -> str:
    return f"elements[{index}]"
