"""From what went wrong to Pleo's words and to the page that mends it. One table for all."""

from dataclasses import dataclass

from erp_adapters import errors

# Pleo's closed set for items (Export API v3).
ITEM_TYPES = frozenset(
    [
        "receipt_upload_failure",
        "receipt_download_failure",
        "receipt_file_size_limit_exceeded",
        "receipt_conversion_failure",
        "unexpected_failure",
        "invalid_configuration",
        "missing_configuration",
        "accounting_system_authentication_failure",
        "accounting_system_rate_limit",
        "accounting_system_unreachable",
        "validation_failure",
        "accounting_system_validation_failure",
        "authorization_failure",
        "accounting_system_timeout",
        "vendor_unknown",
        "account_unknown",
        "tax_code_unknown",
        "tag_unknown",
    ]
)
# Pleo's closed set for jobs; not the same.
JOB_TYPES = frozenset(
    [
        "invalid_configuration",
        "missing_configuration",
        "authentication_failure",
        "accounting_system_authentication_failure",
        "pleo_rate_limit",
        "accounting_system_rate_limit",
        "service_unreachable",
        "accounting_system_unreachable",
        "validation_failure",
        "authorization_failure",
        "integration_unusable",
        "job_expired",
        "service_timeout",
        "accounting_system_timeout",
        "canceled_by_user",
    ]
)


@dataclass(frozen=True, slots=True)
class Meaning:
    item_type: str
    job_type: str
    fix: str  # accounts | dimensions | tax | vendors | posting | pleo | erp | support


MEANINGS: dict[type[errors.RemoteError], Meaning] = {
    errors.RateLimited: Meaning(
        "accounting_system_rate_limit", "accounting_system_rate_limit", "erp"
    ),
    errors.Unavailable: Meaning(
        "accounting_system_unreachable", "accounting_system_unreachable", "erp"
    ),
    errors.OutcomeUnknown: Meaning("accounting_system_timeout", "accounting_system_timeout", "erp"),
    errors.AuthenticationFailed: Meaning(
        "accounting_system_authentication_failure",
        "accounting_system_authentication_failure",
        "erp",
    ),
    errors.NotAllowed: Meaning("authorization_failure", "authorization_failure", "erp"),
    errors.AccountUnknown: Meaning("account_unknown", "invalid_configuration", "accounts"),
    errors.VendorUnknown: Meaning("vendor_unknown", "invalid_configuration", "vendors"),
    errors.TaxCodeUnknown: Meaning("tax_code_unknown", "invalid_configuration", "tax"),
    errors.DimensionValueUnknown: Meaning("tag_unknown", "invalid_configuration", "dimensions"),
    errors.PeriodClosed: Meaning(
        "accounting_system_validation_failure", "validation_failure", "posting"
    ),
    errors.Rejected: Meaning("accounting_system_validation_failure", "validation_failure", "erp"),
}
UNEXPECTED = Meaning("unexpected_failure", "validation_failure", "support")


def meaning_of(error: BaseException) -> Meaning:
    """The nearest class that has a meaning; a bug has its own."""
    for cls in type(error).__mro__:
        if cls in MEANINGS:
            return MEANINGS[cls]
    return UNEXPECTED


def job_type_of(item_types: set[str]) -> str:
    """The reason of a job whose items all failed: theirs, where it is one and Pleo has it."""
    common = item_types.pop() if len(item_types) == 1 else ""
    return common if common in JOB_TYPES else "validation_failure"
