"""The codes that Pleo sends: the customer may say which account or tax code each stands for."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pleo_connector.pleo.export_types import ExportAccount, ExportItem

CodeKind = Literal["category", "contra", "tax"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PleoCode:
    """One account or tax code as an entry refers to it."""

    kind: CodeKind
    key: str  # under which the mapping has it
    name: str = ""
    identifier: str = ""  # the ERP's own, where Pleo knows it
    rate: Decimal | None = None  # of a tax code


def key_of(account: ExportAccount) -> str:
    """Its number; its id in the ERP, or its name, where it has none."""
    return account.code or account.identifier or account.name


def code_mark(kind: str, key: str) -> str:
    """One text for a code among others of its entry."""
    return f"{kind}:{key[:200]}"


def codes_of(item: ExportItem) -> list[PleoCode]:
    """Every code of an entry once, in its order."""
    found: dict[tuple[str, str], PleoCode] = {}
    accounts: list[tuple[CodeKind, ExportAccount | None]] = [
        *(("category", line.account) for line in item.lines),
        ("contra", item.contra_account),
    ]
    for kind, account in accounts:
        if account and (key := key_of(account)):
            code = PleoCode(
                kind=kind, key=key, name=account.name, identifier=account.identifier or ""
            )
            found.setdefault((kind, key), code)
    for line in item.lines:
        if line.tax and line.tax.code:
            code = PleoCode(kind="tax", key=line.tax.code, rate=line.tax.rate)
            found.setdefault(("tax", code.key), code)
    return list(found.values())
