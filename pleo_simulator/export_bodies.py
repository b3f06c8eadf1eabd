"""What request bodies of the Export API may hold."""

from . import job_machine
from . import validation as v

JOB_FAILURES = (
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
)
ITEM_FAILURES = (
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
)
CREATE: dict[str, v.Check] = {
    "companyId": v.uuid,
    "accountingEntryIds": v.list_of(v.uuid),
    "employeeId": v.nullable(v.uuid),
    "isInteractive": v.nullable(v.boolean),
    "options": v.nullable(v.nested({"vendorBasedBookkeeping": v.nullable(v.boolean)})),
}
EVENT: dict[str, v.Check] = {
    "jobId": v.uuid,
    "event": v.one_of(*job_machine.EVENTS),
    "failureReason": v.text,
    "failureReasonType": v.one_of(*JOB_FAILURES),
}
RESULT: dict[str, v.Check] = {
    "accountingEntryId": v.uuid,
    "status": v.one_of(*job_machine.ITEM_STATUSES),
    "exportedAt": v.instant,
    "externalId": v.text,
    "externalUrl": v.text,
    "failureReason": v.text,
    "failureReasonType": v.one_of(*ITEM_FAILURES),
}
