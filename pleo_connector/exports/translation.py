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
    # accounts | codes | dimensions | tax | vendors | posting | rules | pleo | erp | support
    fix: str
    advice: str  # what a bookkeeper does about it; {erp} is the name of theirs


WAIT = "Export it again in Pleo when {erp} works: what is booked already is not booked twice."

MEANINGS: dict[type[errors.RemoteError], Meaning] = {
    errors.RateLimited: Meaning(
        "accounting_system_rate_limit", "accounting_system_rate_limit", "erp", WAIT
    ),
    errors.Unavailable: Meaning(
        "accounting_system_unreachable", "accounting_system_unreachable", "erp", WAIT
    ),
    errors.OutcomeUnknown: Meaning(
        "accounting_system_timeout", "accounting_system_timeout", "erp", WAIT
    ),
    errors.AuthenticationFailed: Meaning(
        "accounting_system_authentication_failure",
        "accounting_system_authentication_failure",
        "erp",
        "Reconnect {erp}, and export it again in Pleo.",
    ),
    errors.NotAllowed: Meaning(
        "invalid_configuration",  # Pleo keeps authorization_failure for access that was taken back
        "invalid_configuration",
        "erp",
        "Give the user of this connection the right in {erp}, or reconnect with another user.",
    ),
    errors.AccountUnknown: Meaning(
        "account_unknown",
        "invalid_configuration",
        "codes",
        "Choose another category in Pleo or another account for it in the mapping, or open the "
        "account in {erp}.",
    ),
    errors.VendorUnknown: Meaning(
        "vendor_unknown",
        "invalid_configuration",
        "vendors",
        "Check the vendor in {erp}, or choose another one in Pleo.",
    ),
    errors.TaxCodeUnknown: Meaning(
        "tax_code_unknown",
        "invalid_configuration",
        "tax",
        "Choose another tax code in Pleo, or add it in {erp}.",
    ),
    errors.DimensionValueUnknown: Meaning(
        "tag_unknown",
        "invalid_configuration",
        "dimensions",
        "Choose another tag in Pleo, or add the value in {erp}.",
    ),
    errors.JournalUnknown: Meaning(
        "missing_configuration",
        "missing_configuration",
        "posting",
        "Name a journal of {erp} in the posting settings.",
    ),
    errors.PeriodClosed: Meaning(
        "accounting_system_validation_failure",
        "validation_failure",
        "posting",
        "Open the period in {erp}, or let the posting settings move the date.",
    ),
    errors.Rejected: Meaning(
        "accounting_system_validation_failure",
        "validation_failure",
        "erp",
        "Change it in Pleo or in {erp}, and export it again.",
    ),
}
UNEXPECTED = Meaning("unexpected_failure", "validation_failure", "support", "Write to us.")
# Where it is Pleo that fails us, the accounting system is not to blame.
AT_PLEO = {
    "accounting_system_rate_limit": "pleo_rate_limit",
    "accounting_system_unreachable": "service_unreachable",
    "accounting_system_timeout": "service_timeout",
}


def meaning_of(error: BaseException) -> Meaning:
    """The nearest class that has a meaning; a bug has its own."""
    for cls in type(error).__mro__:
        if cls in MEANINGS:
            return MEANINGS[cls]
    return UNEXPECTED


def job_type_for(error: errors.RemoteError) -> str:
    """The reason of a job that this error ends."""
    kind = meaning_of(error).job_type
    return AT_PLEO.get(kind, kind) if error.system == "pleo" else kind


def told(error: errors.RemoteError, *, erp: str) -> str:
    """What was said, in the far side's own words, and what to do about it."""
    said = said_by("Pleo" if error.system == "pleo" else erp, error)
    said = said if said.endswith((".", "!", "?")) else f"{said}."
    return f"{said} {meaning_of(error).advice.format(erp=erp)}"


def job_type_of(item_types: set[str]) -> str:
    """The reason of a job whose items all failed: theirs, where it is one and Pleo has it."""
    common = item_types.pop() if len(item_types) == 1 else ""
    return common if common in JOB_TYPES else "validation_failure"


def said_by(label: str, error: errors.RemoteError) -> str:
    """The far side's own words, with its name."""
    return error.message if label in error.message else f"{label}: {error.message}"


# -- Where it is mended -------------------------------------------------------------------------

OF_FIX = {  # others: mapping
    "pleo": "pleo",
    "erp": "erp",
    "look_up": "erp",
    "reversed": "erp",
    "support": "ours",
}
OF_JOB = {
    "invalid_configuration": "mapping",
    "missing_configuration": "mapping",
    "authentication_failure": "pleo",
    "pleo_rate_limit": "pleo",
    "service_unreachable": "pleo",
    "service_timeout": "pleo",
    "job_expired": "pleo",
    "canceled_by_user": "pleo",
}


def origin_of_fix(fix: str) -> str:
    """`Run.Origin` of an entry that failed, by the page that mends it."""
    return OF_FIX.get(fix, "mapping" if fix else "ours")


def origin_of_job(job_type: str) -> str:
    """`Run.Origin` of a job that was stopped; empty where its entries say it."""
    if job_type.startswith("accounting_system_") or job_type == "authorization_failure":
        return "erp"
    return OF_JOB.get(job_type, "")


def origin_of_wait(who: str) -> str:
    """`Run.Origin` of a pause, by what it waits for."""
    return {"us": "ours", "reconnect": "pleo", "Pleo": "pleo"}.get(who, "erp")
