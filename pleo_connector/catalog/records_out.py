"""One record of a plan to the far side: the call that its entity and action need."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from erp_adapters.base import ErpAdapter
from erp_adapters.errors import Rejected
from erp_adapters.ledger import Vendor
from pleo_connector.catalog.models import Entity, SyncPlanItem
from pleo_connector.catalog.plan_records import DEFAULT_KIND
from pleo_connector.pleo.account_calls import NewAccount, PleoAccount
from pleo_connector.pleo.client import PleoClient
from pleo_connector.pleo.tax_code_calls import PleoTaxCode
from pleo_connector.pleo.vendor_calls import ACTIVE, DRAFT, PleoVendor

Action = SyncPlanItem.Action


class RecordsOut:
    """`send` gives Pleo's id of a new record. `groups` are ids by code, of groups just made."""

    def __init__(self, *, pleo: PleoClient, erp: ErpAdapter, company_id: UUID) -> None:
        self.pleo, self.erp, self.company_id = pleo, erp, company_id
        self.groups: dict[str, str] = {}
        self._sends: dict[str, Callable[[SyncPlanItem], str]] = {
            Entity.TAG_GROUP: self._tag_group,
            Entity.TAG: self._tag,
            Entity.ACCOUNT: self._account,
            Entity.TAX_CODE: self._tax_code,
            Entity.VENDOR: self._vendor,
        }

    def send(self, item: SyncPlanItem) -> str:
        return self._sends[item.entity](item)

    def _tag_group(self, item: SyncPlanItem) -> str:
        if item.action == Action.CREATE:
            made = self.pleo.create_tag_group(self.company_id, code=item.key, name=item.name)
            self.groups[item.key.casefold()] = made.id
            return made.id
        self.pleo.update_tag_group(
            item.pleo_id,
            code=item.key,
            name=item.name,
            archived=item.action == Action.ARCHIVE,
            metadata=item.more.get("metadata", {}),
        )
        return ""

    def _tag(self, item: SyncPlanItem) -> str:
        if item.action == Action.CREATE:
            group_id = item.group_id or self.groups.get(item.group.casefold())
            if not group_id:
                sentence = "Its tag group is not there."
                raise Rejected(sentence, system="pleo", status=404)
            return self.pleo.create_tag(group_id, code=item.key, name=item.name).id
        archived = item.action == Action.ARCHIVE
        self.pleo.update_tag(item.pleo_id, code=item.key, name=item.name, archived=archived)
        return ""

    # -- Accounts ---------------------------------------------------------------------------

    def _account(self, item: SyncPlanItem) -> str:
        if item.action == Action.CREATE:
            return self._new_account(item)
        more = item.more
        self.pleo.update_account(
            item.pleo_id,
            code=more.get("code", ""),
            name=item.name,
            archived=item.action == Action.ARCHIVE,
            tax_code=more.get("tax_code"),
            metadata=more.get("metadata"),
        )
        return ""

    def _new_account(self, item: SyncPlanItem) -> str:
        """Pleo gives, or says that it has, an account with this id: then that one is changed."""
        code = item.more.get("code", "")
        new = NewAccount(external_id=item.key, code=code, name=item.name)
        there: PleoAccount | None
        try:
            there = self.pleo.create_account(self.company_id, new)
        except Rejected as error:
            if error.status != 409:
                raise
            there = self.pleo.account_by_external_id(self.company_id, item.key)
            if there is None:
                raise
        if (there.name, there.code, there.archived) != (item.name, code, False):
            self.pleo.update_account(
                there.id,
                code=code,
                name=item.name,
                archived=False,
                tax_code=there.tax_code,
                metadata=there.metadata,
            )
        return there.id

    # -- Tax codes and vendors --------------------------------------------------------------

    def _tax_code(self, item: SyncPlanItem) -> str:
        more = item.more
        code = PleoTaxCode(
            id=item.pleo_id,
            code=item.key,
            name=item.name,
            rate=Decimal(more["rate"]),
            type=more.get("type", DEFAULT_KIND),
            archived=item.action == Action.ARCHIVE,
            ingoing_account=more.get("ingoing_account"),
            outgoing_account=more.get("outgoing_account"),
        )
        if item.action == Action.CREATE:
            return self.pleo.create_tax_code(self.company_id, code).id
        return self.pleo.update_tax_code(self.company_id, code).id

    def _vendor(self, item: SyncPlanItem) -> str:
        if item.action == Action.ARCHIVE:
            self.pleo.archive_vendor(item.pleo_id)
            return ""
        if item.action == Action.ADOPT:
            self._adopt(item)
            return ""
        vendor = _vendor(item)
        if item.action == Action.CREATE:
            return self.pleo.create_vendor(self.company_id, vendor).id
        if item.action == Action.UNARCHIVE or item.more.get("state") == DRAFT:
            code = vendor.code
            self.pleo.activate_vendor(vendor.id, external_id=vendor.external_id, code=code)
        if item.more.get("differs"):
            self.pleo.update_vendor(self.company_id, vendor)
        return ""

    def _adopt(self, item: SyncPlanItem) -> None:
        """The ERP looks for our reference first, so a repetition makes no second vendor."""
        wanted = Vendor(code="", id="", name=item.name, tax_number=item.more.get("tax_number", ""))
        made = self.erp.create_vendor(wanted, reference=reference_of(item.pleo_id))
        self.pleo.activate_vendor(item.pleo_id, external_id=made.id, code=made.code)
        item.key = made.code


def reference_of(pleo_id: str) -> str:
    """Our stable id, in the ERP, of a vendor that was born in Pleo."""
    return f"pleo:vendor:{pleo_id}"


def _vendor(item: SyncPlanItem) -> PleoVendor:
    more: dict[str, Any] = item.more
    return PleoVendor(
        id=item.pleo_id,
        name=item.name,
        currency=more["currency"],
        state=ACTIVE,
        external_id=more["external_id"],
        code=more["code"],
        tax_number=more.get("tax_number", ""),
        country=more.get("country", ""),
        registration_number=more.get("registration_number", ""),
    )
