"""What can go wrong on a wire, named by what to do about it.

RemoteError
├── Unavailable            nothing was applied; wait and try again
│   └── RateLimited        ... not before `retry_after`
├── OutcomeUnknown         it may have been applied; look by reference, never repeat blindly
├── AuthenticationFailed   the credentials are dead; a person reconnects
├── NotAllowed             the credentials lack a right; a person grants it
└── Rejected               this voucher (or request) was refused, and nothing of it was applied
    ├── AccountUnknown
    ├── VendorUnknown
    ├── TaxCodeUnknown
    ├── DimensionValueUnknown
    ├── JournalUnknown
    └── PeriodClosed
"""

from typing import Literal

System = Literal["erp", "pleo", "customer"]  # a customer's own program


class RemoteError(Exception):
    """`message` is a sentence in the far side's own words where it has some."""

    def __init__(self, message: str, *, system: System = "erp", detail: str = "") -> None:
        message = message.replace("\0", "")  # nobody reads it, and a database does not keep it
        super().__init__(message)
        self.message = message
        self.system: System = system
        self.detail = detail.replace("\0", "")


class Unavailable(RemoteError):
    """`retry_after` is in seconds; None where the far side named no time."""

    def __init__(
        self,
        message: str,
        *,
        system: System = "erp",
        detail: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, system=system, detail=detail)
        self.retry_after = retry_after


class RateLimited(Unavailable):
    pass


class OutcomeUnknown(RemoteError):
    pass


class AuthenticationFailed(RemoteError):
    pass


class NotAllowed(RemoteError):
    pass


class Rejected(RemoteError):
    """`code` is the far side's machine code; `can_override` marks a warning a person may accept.

    `status` is that of HTTP, where its meaning is all that is known of the refusal.
    """

    def __init__(
        self,
        message: str,
        *,
        system: System = "erp",
        detail: str = "",
        code: str = "",
        reference: str = "",
        status: int | None = None,
        can_override: bool = False,
    ) -> None:
        super().__init__(message, system=system, detail=detail)
        self.code = code
        self.reference = reference
        self.status = status
        self.can_override = can_override


class AccountUnknown(Rejected):
    pass


class VendorUnknown(Rejected):
    pass


class TaxCodeUnknown(Rejected):
    pass


class DimensionValueUnknown(Rejected):
    pass


class JournalUnknown(Rejected):
    pass


class PeriodClosed(Rejected):
    pass
