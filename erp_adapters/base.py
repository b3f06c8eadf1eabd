"""The one interface that every ERP stands behind.

An adapter builds payloads, calls, translates replies into `ledger` types and refusals into
`errors`. It does not retry a write, sleep, read the clock, log, touch a database, choose an
account, keep state between calls, or know that Pleo exists.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Literal

from erp_adapters.auth import ApiKey
from erp_adapters.errors import Rejected
from erp_adapters.ledger import (
    Account,
    Attachment,
    Company,
    Dimension,
    DimensionValue,
    PostedVoucher,
    TaxCode,
    Vendor,
    Voucher,
)
from erp_adapters.limits import Throttle
from erp_adapters.reply import CallObserver

TaxManner = Literal["send_tax_lines", "server_computes", "code_only"]


CatalogKind = Literal["accounts", "dimensions", "tax_codes", "vendors"]  # values with their axes


@dataclass(frozen=True, slots=True)
class RateWindow:
    """At most `calls` in any `seconds`."""

    calls: int
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    batch_size: int = 1  # vouchers per `post`
    tax_manner: TaxManner
    # server_computes only: whether a line may state its tax, or the ERP insists on its own sum.
    takes_tax_amount: bool = True
    supports_draft: bool = True
    can_reverse: bool = False
    can_reconcile: bool = False  # `reconcile` is there
    can_create_vendors: bool = False  # `create_vendor` is there
    can_find: bool = True  # False: no search by reference, so a person decides what is uncertain
    reference_place: str = "Reference"  # where a person looks for our reference, in the ERP's words
    foreign_currency: bool = True  # vouchers in another currency than the company's
    vendor_ledger: bool = True  # takes vouchers of kind bill, credit_note and payment
    max_dimensions: int | None = None  # None: any number
    reference_length: int = 250
    text_length: int = 250
    attachment_max_bytes: int = 20_000_000
    attachments_per_voucher: int | None = None
    attachment_types: frozenset[str] = frozenset()  # content types; empty: any
    rate_limits: tuple[RateWindow, ...] = ()  # of one company at the ERP; empty: none known
    # How long after a write whose outcome is unknown a search by reference tells the truth.
    settle_seconds: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """A payment and what it pays, as they stand in the ERP."""

    payment: PostedVoucher
    paid: tuple[PostedVoucher, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What an adapter is made from. `secrets` holds the values named by `auth`."""

    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    observer: CallObserver | None = None
    throttle: Throttle | None = None  # both are for the adapter's HttpDoor
    allow_private: bool = False  # whether the ERP may live at a private or loopback address


class ErpAdapter(ABC):
    kind: ClassVar[str]  # stored, never shown
    label: ClassVar[str]  # shown, never stored
    auth: ClassVar[ApiKey]
    Settings: ClassVar[type]  # a frozen dataclass whose fields the connect page renders
    capabilities: Capabilities  # of the class; an instance may have its own, by its settings

    def __init__(self, access: Access) -> None:  # noqa: B027
        """ValueError, naming the field, where the settings do not fit `Settings`."""

    @abstractmethod
    def company(self) -> Company:
        """The company behind the credentials; also the connection test."""

    @abstractmethod
    def accounts(self) -> Iterator[Account]: ...

    @abstractmethod
    def tax_codes(self) -> Iterator[TaxCode]: ...

    def dimensions(self) -> Iterator[Dimension]:
        """None, unless an adapter knows some; the same of their values and of vendors."""
        yield from ()

    def dimension_values(self, dimension: Dimension) -> Iterator[DimensionValue]:
        yield from ()

    def vendors(self) -> Iterator[Vendor]:
        yield from ()

    def fingerprint(self, kind: CatalogKind) -> str | None:
        """A text that differs once any record of `kind` changed, came or went; one cheap call.

        None where the ERP offers no such thing: then everything is read each time.
        """
        return None

    def access_expires_on(self) -> date | None:
        """When the credentials end by themselves; None where they do not, or nobody can tell."""
        return None

    @abstractmethod
    def find_posted(self, references: Sequence[str]) -> dict[str, PostedVoucher]:
        """What stands in the ERP under our references, drafts included. A read.

        Where several stand under one reference, the final one, else the oldest.
        """

    @abstractmethod
    def post(self, vouchers: Sequence[Voucher]) -> list[PostedVoucher | Rejected]:
        """Book a batch; the answer has the same order and length.

        A voucher's own lines are atomic, and one refused voucher does not refuse the others.
        OutcomeUnknown where some may have been booked: the caller then asks `find_posted`.
        """

    def finish(
        self, drafts: Sequence[PostedVoucher], *, sent: Sequence[Voucher] = ()
    ) -> list[PostedVoucher | Rejected]:
        """Make final what `find_posted` returned as drafts; safe to repeat.

        `sent` are the vouchers that they were to be: a draft that is something else, as after a
        crash between two writes, is removed and Rejected, so that it can be posted anew.
        """
        return list(drafts)

    @abstractmethod
    def attach(self, posted: PostedVoucher, file: Attachment, *, may_exist: bool = True) -> None:
        """Attach one file. Safe to repeat: a file of the same name on the voucher is kept.

        `may_exist` is False where no file was ever sent to this voucher: then it need not look.
        """

    def reverse(self, posted: PostedVoucher, *, reason: str) -> PostedVoucher:
        """Book the mirror image, where `capabilities.can_reverse` says so."""
        raise NotImplementedError(f"{self.label} cannot reverse a voucher.")

    def reconcile(self, settlements: Sequence[Settlement]) -> list[Rejected | None]:
        """Match payments with what they pay on their common account; safe to repeat.

        Same order and length; None where the two are matched, now or before. Where the amounts
        differ, the rest stays open. Only where `capabilities.can_reconcile` says so.
        """
        raise NotImplementedError(f"{self.label} cannot match payments.")

    def create_vendor(self, vendor: Vendor, *, reference: str) -> Vendor:
        """Create it and return it with the ERP's own `id` and `code`; safe to repeat.

        `reference` is our stable id for it. One that stands already under that reference is
        returned. Only where `capabilities.can_create_vendors` says so.
        """
        raise NotImplementedError(f"{self.label} cannot create a vendor.")
