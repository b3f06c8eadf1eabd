"""The one interface that every ERP stands behind.

An adapter builds payloads, calls, translates replies into `ledger` types and refusals into
`errors`. It does not retry a write, sleep, read the clock, log, touch a database, choose an
account, keep state between calls, or know that Pleo exists.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from erp_adapters.auth import ApiKey
from erp_adapters.errors import Rejected
from erp_adapters.http import CallObserver
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

TaxManner = Literal["send_tax_lines", "server_computes", "code_only"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    batch_size: int = 1  # vouchers per `post`
    tax_manner: TaxManner
    supports_draft: bool = True
    can_reverse: bool = False
    foreign_currency: bool = True  # vouchers in another currency than the company's
    vendor_ledger: bool = True  # takes vouchers of kind bill, credit_note and payment
    max_dimensions: int | None = None  # None: any number
    reference_length: int = 250
    text_length: int = 250
    attachment_max_bytes: int = 20_000_000
    attachments_per_voucher: int | None = None
    attachment_types: frozenset[str] = frozenset()  # content types; empty: any
    # How long after a write whose outcome is unknown a search by reference tells the truth.
    settle_seconds: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What an adapter is made from. `secrets` holds the values named by `auth`."""

    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    observer: CallObserver | None = None
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
    def dimensions(self) -> Iterator[Dimension]: ...

    @abstractmethod
    def dimension_values(self, dimension: Dimension) -> Iterator[DimensionValue]: ...

    @abstractmethod
    def tax_codes(self) -> Iterator[TaxCode]: ...

    @abstractmethod
    def vendors(self) -> Iterator[Vendor]: ...

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

    def finish(self, drafts: Sequence[PostedVoucher]) -> list[PostedVoucher | Rejected]:
        """Make final what `find_posted` returned as drafts; safe to repeat."""
        return list(drafts)

    @abstractmethod
    def attach(self, posted: PostedVoucher, file: Attachment, *, may_exist: bool = True) -> None:
        """Attach one file. Safe to repeat: a file of the same name on the voucher is kept.

        `may_exist` is False where no file was ever sent to this voucher: then it need not look.
        """

    def reverse(self, posted: PostedVoucher, *, reason: str) -> PostedVoucher:
        """Book the mirror image, where `capabilities.can_reverse` says so."""
        raise NotImplementedError(f"{self.label} cannot reverse a voucher.")
