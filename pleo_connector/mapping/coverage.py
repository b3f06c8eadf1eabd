"""Codes that Pleo sends, and what each stands for in the ERP: mapped, the same there, or a gap."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from erp_adapters.ledger import Account, TaxCode
from pleo_connector.bookkeeping.codes import code_mark
from pleo_connector.mapping.models import SeenCode
from pleo_connector.mapping.suggest import Suggestion, suggest_account, suggest_tax_code

State = Literal["chosen", "same", "unknown", "inactive", "heading"]


@dataclass(kw_only=True)
class CodeRow:
    """One code of Pleo. `target` is the account or tax code that counts, where there is one."""

    key: str
    name: str
    kinds: tuple[str, ...]
    rate: Decimal | None
    chosen: str  # by the customer; empty where none was
    target: Account | TaxCode | None
    state: State
    all: "Codes"
    waits: int = 0  # entries that could not be booked and refer to it

    @property
    def is_mapped(self) -> bool:
        return self.state in ("chosen", "same")

    @cached_property
    def suggestion(self) -> Suggestion | None:
        return None if self.is_mapped else self.all.suggestion(self)


@dataclass(kw_only=True)
class Codes:
    """The ERP's side, with look-ups built once."""

    accounts: Sequence[Account] = ()
    tax_codes: Sequence[TaxCode] = ()
    is_tax: bool = False
    _by_key: dict[str, Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.is_tax:
            self._by_key = {x.code.strip().casefold(): x for x in self.tax_codes}
        else:
            self._by_key = {x.id: x for x in self.accounts} | {x.code: x for x in self.accounts}

    def find(self, key: str) -> Any:
        return self._by_key.get(key.strip().casefold() if self.is_tax else key)

    def state_of(self, target: Any, *, chosen: bool) -> State:
        if target is None:
            return "unknown"
        if not target.is_active:
            return "inactive"
        if not self.is_tax and not target.is_postable:
            return "heading"
        return "chosen" if chosen else "same"

    def suggestion(self, row: CodeRow) -> Suggestion | None:
        if self.is_tax:
            return suggest_tax_code(row.key, row.rate, self.tax_codes)
        return suggest_account(row.key, row.name, row.kinds[0], self.accounts)

    def rows(
        self,
        seen: Iterable[SeenCode],
        chosen: Mapping[str, str],
        waiting: Mapping[str, int],
    ) -> list[CodeRow]:
        """Each code once, also those that are mapped and were not seen yet."""
        found: dict[str, list[SeenCode]] = {}
        for code in seen:
            found.setdefault(code.key, []).append(code)
        rows = [self._row(key, found.get(key, []), chosen) for key in sorted({*found, *chosen})]
        for row in rows:
            row.waits = sum(waiting.get(code_mark(kind, row.key), 0) for kind in row.kinds)
        return rows

    def _row(self, key: str, seen: Sequence[SeenCode], chosen: Mapping[str, str]) -> CodeRow:
        own = chosen.get(key, "")
        ids = [key, *(x.identifier for x in seen if x.identifier)]
        names = [own] if own else ids
        target = next((x for x in map(self.find, names) if x is not None), None)
        return CodeRow(
            key=key,
            name=next((x.name for x in seen if x.name), ""),
            kinds=tuple(x.kind for x in seen) or (("tax" if self.is_tax else "category"),),
            rate=next((x.rate for x in seen if x.rate is not None), None),
            chosen=own,
            target=target,
            state=self.state_of(target, chosen=bool(own)),
            all=self,
        )
