"""Both sides read, and the plan that makes Pleo's equal the ERP's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from erp_adapters.base import ErpAdapter
from erp_adapters.errors import Rejected
from erp_adapters.ledger import Dimension
from pleo_connector.catalog import storing
from pleo_connector.catalog.changes import EntityName, Plan, chosen, left_out
from pleo_connector.catalog.models import SyncKind
from pleo_connector.catalog.plan import plan_groups, plan_tags
from pleo_connector.catalog.plan_records import plan_accounts, plan_tax_codes
from pleo_connector.catalog.plan_vendors import plan_vendors
from pleo_connector.catalog.queries import sync_settings
from pleo_connector.catalog.selection import MOST, first_choice, still_there
from pleo_connector.catalog.source import Source, read_values
from pleo_connector.connections.lease import Lease
from pleo_connector.history.models import Run
from pleo_connector.pleo.client import PleoClient
from pleo_connector.pleo.tag_calls import TagGroup


class NothingToDo(Exception):
    """The sync ends here, and nothing is wrong. A sentence."""


@dataclass
class Comparison:
    """What one attempt compares. Pleo's groups are read once."""

    kind: str
    lease: Lease
    run: Run
    pleo: PleoClient
    erp: ErpAdapter
    now: Callable[[], datetime]
    only: str = ""
    _groups: list[TagGroup] | None = None

    def plan(self, source: Source, dimensions: Sequence[Dimension] = ()) -> Plan:
        plans: dict[str, Callable[[], Plan]] = {
            SyncKind.ACCOUNTS: lambda: self._accounts(source),
            SyncKind.TAX_CODES: lambda: self._tax_codes(source),
            SyncKind.VENDORS: lambda: self._vendors(source),
            SyncKind.TAGS: lambda: self._tags(source, dimensions),
        }
        return plans[self.kind]()

    def forget(self) -> None:
        """What was read of Pleo is not true any more."""
        self._groups = None

    @property
    def company_id(self) -> UUID:
        company_id: UUID | None = self.lease.connection.pleo_company_id
        assert company_id is not None
        return company_id

    @property
    def kept(self) -> set[str]:
        return storing.kept_ids(self.lease.connection)

    # -- Accounts, tax codes, vendors -------------------------------------------------------

    def _accounts(self, source: Source) -> Plan:
        existing = self.pleo.accounts(self.company_id)
        plan = plan_accounts(source.records, existing, kept=self.kept)
        return self._careful(source, plan, "account")

    def _tax_codes(self, source: Source) -> Plan:
        existing = self.pleo.tax_codes(self.company_id)
        kinds = sync_settings(self.lease.connection).tax_kinds
        plan = plan_tax_codes(source.records, existing, kinds=kinds, kept=self.kept)
        return self._careful(source, plan, "tax_code")

    def _vendors(self, source: Source) -> Plan:
        plan = plan_vendors(
            source.records,
            self.pleo.vendors(self.company_id),
            currency=self.lease.connection.erp_currency,
            kept=self.kept,
            can_create=self.erp.capabilities.can_create_vendors,
        )
        return self._careful(source, plan, "vendor")

    def _careful(self, source: Source, plan: Plan, entity: EntityName) -> Plan:
        """An empty list is more likely a mistake than the truth: it archives nothing."""
        if not source.records and plan.archive:
            sentence = f"{self.erp.label} gave an empty list, so nothing was archived in Pleo."
            plan.changes = [change for change in plan.changes if change.action != "archive"]
            plan.changes.append(left_out(entity, "", self.erp.label, sentence))
        return plan

    # -- Tags -------------------------------------------------------------------------------

    def select(self, source: Source) -> list[Dimension]:
        """The selected dimensions that are in use; their values are read."""
        settings = sync_settings(self.lease.connection)
        codes, sentences = settings.dimensions, []
        if codes is None:
            codes = first_choice(source.records, self.groups())
            sentences = self._about_first_choice(codes)
            codes = codes[:MOST]
        if not codes and not settings.taken_off:
            raise NothingToDo(
                "No dimension is selected. Choose which dimensions of "
                f"{self.erp.label} are tags in Pleo."
            )
        active, gone = still_there(codes, source.records)
        closed = {x.code.casefold() for x in source.records if not x.is_active}
        off = [code for code in gone if code.casefold() in closed]
        sentences += [
            f"{code} is closed in {self.erp.label}, so it is selected no longer." for code in off
        ]
        stays = [code for code in codes if code not in off]
        if stays != settings.dimensions:
            now = self.now()
            storing.store_selection(self.lease, self.run, stays, sentences, now=now)
        if self.only:
            active = [x for x in active if x.code.casefold() == self.only.casefold()]
        read_values(self.erp, source, active)
        return active

    def _about_first_choice(self, codes: Sequence[str]) -> list[str]:
        names = ", ".join(codes[:MOST])
        said = [f"Selected by itself, because Pleo has tag groups for them: {names}."]
        if len(codes) > MOST:
            left = ", ".join(codes[MOST:])
            said.append(f"Not selected, because five is the most: {left}.")
        return said if codes else []

    def groups(self) -> list[TagGroup]:
        if self._groups is None:
            self._groups = self.pleo.tag_groups(self.company_id)
        return self._groups

    def _tags(self, source: Source, dimensions: Sequence[Dimension]) -> Plan:
        try:
            return self._tags_of(source, dimensions)
        except Rejected as error:
            if error.status != 404:
                raise
            self.forget()  # a group went away since the groups were read
            return self._tags_of(source, dimensions)

    def _tags_of(self, source: Source, dimensions: Sequence[Dimension]) -> Plan:
        groups, kept = self.groups(), self.kept
        if self.only:
            groups = [x for x in groups if x.code.casefold() == self.only.casefold()]
        plan = plan_groups(dimensions, groups, kept=kept)
        if not source.records:  # no dimension at all is more likely a mistake than the truth
            return self._careful(source, plan, "tag_group")
        for dimension in dimensions:
            plan.add(self._tags_in(dimension, source, groups, kept))
        return plan

    def _tags_in(
        self,
        dimension: Dimension,
        source: Source,
        groups: Sequence[TagGroup],
        kept: set[str],
    ) -> Plan:
        same = [x for x in groups if x.code.casefold() == dimension.code.casefold()]
        group = chosen(same, dimension.name) if same else None
        values = source.values[dimension.code]
        tags = self.pleo.tags(group.id) if group else []
        plan = plan_tags(
            values,
            tags,
            dimension=dimension.code,
            group_id=group.id if group else "",
            today=self.now().date(),
            kept=kept,
            may_archive=bool(values),
        )
        if not values and any(not tag.archived and tag.id not in kept for tag in tags):
            sentence = (
                f"{self.erp.label} gave no values of this dimension, so none of its tags was "
                "archived."
            )
            plan.changes.append(left_out("tag_group", dimension.code, dimension.name, sentence))
        return plan
