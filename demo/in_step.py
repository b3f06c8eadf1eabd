"""Pleo in step with the ERP: a person approves the first plans, Pleo's own data tells the rest."""

import time
from typing import Any

from demo.stack import Stack
from demo.walk import Person

PATIENCE = 180  # seconds
KINDS = 4  # tax codes, accounts, tags, vendors: each shows its first plan to a person


def keep_in_step(stack: Stack, person: Person) -> None:
    """Until all kinds are. RuntimeError where one does not get there."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for plan in person.waiting_plans():
            stack.say(f"Looked at a plan for Pleo, and approved: {person.approve(plan)}")
        if person.kinds_in_step() == KINDS:
            return
        time.sleep(1)
    raise RuntimeError(f"Pleo is not in step with {stack.erp.label} after {PATIENCE} s.")


def shown(data: dict[str, Any]) -> dict[str, int]:
    """How much is active in Pleo's own `data`."""
    groups = [group for group in data["tagGroups"] if not group["archived"]]
    return {
        "accounts": sum(not x["archived"] for x in data["accounts"]),
        "tax codes": sum(not x["archived"] for x in data["taxCodes"]),
        "tag groups": len(groups),
        "tags": sum(not tag["archived"] for group in groups for tag in group["tags"]),
        "suppliers": len(_suppliers(data)),
    }


def missing(data: dict[str, Any], chart: dict[str, Any]) -> list[str]:
    """What the ERP's books were opened with, and Pleo does not show."""
    accounts = {x["code"] for x in data["accounts"] if not x["archived"]}
    tags = {
        (group["code"].casefold(), tag["code"].casefold())
        for group in data["tagGroups"]
        for tag in group["tags"]
        if not group["archived"] and not tag["archived"]
    }
    values = [(x["code"], value["code"]) for x in chart["dimensions"] for value in x["values"]]
    lost = [x["code"] for x in chart["accounts"] if x["code"] not in accounts]
    lost += [x["name"] for x in chart["vendors"] if x["name"] not in _suppliers(data)]
    return lost + [f"{x} {y}" for x, y in values if (x.casefold(), y.casefold()) not in tags]


def _suppliers(data: dict[str, Any]) -> list[str]:
    return [x["name"] for x in data["vendors"] if x["state"] == "ACTIVE"]
