"""What a person typed into the list of codes: a target per code, or one for all that are ticked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext as _

from pleo_connector.mapping.coverage import CodeRow, Codes
from pleo_connector.web.ledger_names import with_name

TO = "to:"  # a field of the list, before the code
TICK, TARGET = "tick", "target"
NEW, NEW_TARGET = "new_code", "new_target"


@dataclass(frozen=True, slots=True)
class Typed:
    """A field with what stands in it, and what is wrong with it."""

    name: str
    value: str
    error: str


@dataclass
class CodesForm:
    """`chosen` is the whole table afterwards; nothing of it counts where `errors` has something."""

    codes: Codes
    chosen: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)  # by field
    typed: Mapping[str, str] = field(default_factory=dict)

    def field(self, name: str, value: str = "") -> Typed:
        return Typed(name, self.typed.get(name, value), self.errors.get(name, ""))

    def new_code(self) -> Typed:
        return self.field(NEW)

    def new_target(self) -> Typed:
        return self.field(NEW_TARGET)

    def target(self) -> Typed:
        return self.field(TARGET)

    def wrong(self, rows: Sequence[CodeRow]) -> list[tuple[str, str]]:
        """Each field with its error, which names the code where it is one of the list."""
        names = {TO + row.key: f"{with_name(row.key, row.name)}: " for row in rows}
        return [(name, names.get(name, "") + error) for name, error in self.errors.items()]

    def read(self, data: QueryDict, rows: Sequence[CodeRow]) -> None:
        """What one of the buttons asks for. The first one, Save, is also that of the enter key."""
        self.typed = {name: str(value) for name, value in data.items()}
        if "suggested" in data:
            for row in rows:
                if row.suggestion:
                    self.chosen[row.key] = row.suggestion.code
        elif take := data.get("take"):
            taken = next((x.suggestion for x in rows if x.key == take), None)
            if taken:
                self.chosen[take] = taken.code
        elif "bulk" in data:
            self._read_ticked(data)
        else:
            self._read_list(data)

    def _read_ticked(self, data: QueryDict) -> None:
        ticked = data.getlist(TICK)
        if not ticked:
            self.errors[TARGET] = _("Pick the codes that it is for.")
        for key in ticked:
            self._set(TARGET, key, data.get(TARGET, ""))

    def _read_list(self, data: QueryDict) -> None:
        for name, value in data.items():
            if name.startswith(TO):
                self._set(name, name.removeprefix(TO), str(value))
        new = data.get(NEW, "").strip()
        if new and not data.get(NEW_TARGET, "").strip():
            self.errors[NEW_TARGET] = _("Choose what it stands for.")
        elif new:
            self._set(NEW_TARGET, new, data.get(NEW_TARGET, ""))

    def _set(self, name: str, key: str, value: str) -> None:
        value = value.strip()
        if not value:
            self.chosen.pop(key, None)
            return
        if value == self.chosen.get(key):
            return  # one that became unusable stays until somebody chooses another
        if problem := self.problem(value):
            self.errors[name] = problem
        else:
            self.chosen[key] = self.codes.find(value).code

    def problem(self, value: str) -> str:
        """Why nothing can be booked there; empty where it can."""
        state = self.codes.state_of(self.codes.find(value), chosen=True)
        if state == "chosen":
            return ""
        if self.codes.is_tax:
            return _("There is no active tax code %(code)s.") % {"code": value}
        sentences = {
            "unknown": _("There is no account %(code)s."),
            "inactive": _("Account %(code)s is inactive."),
            "heading": _("Account %(code)s is a heading and takes no postings."),
        }
        return sentences[state] % {"code": value}
