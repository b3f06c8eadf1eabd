"""Named choices for what Pleo leaves unpublished; each can be turned while running."""

from typing import Any

from .master_data.switches import MASTER_DATA_SWITCHES
from .store import Store, decode, encode
from .switch import Switch


def _days(count: int) -> int:
    return count * 86_400


SWITCHES = (
    Switch("pkce_required", True, "Refuse an authorization request without code_challenge."),
    Switch("state_required", True, "Refuse an authorization request without state."),
    Switch("body_client_credentials", True, "Accept client_id and client_secret in the form."),
    Switch("access_token_seconds", 3600, "Life of an access token."),
    Switch("refresh_token_seconds", _days(60), "Life of a refresh token."),
    Switch("authorization_code_seconds", 60, "Life of an authorization code."),
    Switch("access_token_length", 48, "Length of tokens; real ones may be very long."),
    Switch(
        "rotated_refresh_token_revokes_family",
        False,
        "Reuse of a rotated refresh token ends the authorisation.",
    ),
    Switch("drop_refresh_response", False, "Rotate, then close the connection unanswered."),
    Switch(
        "refresh_error_code",
        "invalid_grant",
        "Error of a refused refresh token.",
        ("invalid_grant", "invalid_token", "invalid_refresh_token"),
    ),
    Switch("reused_code_revokes_tokens", False, "Second use of a code revokes its tokens."),
    Switch(
        "new_grant_revokes_earlier_grants",
        False,
        "A new consent ends earlier authorisations of the same app and company.",
    ),
    Switch("scope_in_token_response", True, "Send scope with the tokens."),
    Switch("accept_test_scope", True, "Accept test:test although it is not registered."),
    Switch("default_page_limit", 20, "Rows per page when limit is not given."),
    Switch("maximum_page_limit", 100, "Most rows per page."),
    Switch("limit_over_maximum", "clamp", "What a larger limit does.", ("clamp", "reject")),
    Switch("page_total", True, "Send pagination.total."),
    Switch("default_sorting_order", "ASC", "Order of lists by creation.", ("ASC", "DESC")),
    Switch("reject_unknown_query_parameters", True, "400 for names the call does not know."),
    Switch("rate_limit_per_minute", 600, "Calls per credential and minute; 0 is no limit."),
    Switch(
        "rate_limit_counts",
        "credential",
        "Whose calls count together.",
        ("credential", "client", "company"),
    ),
    Switch("retry_after_header", True, "Send Retry-After with 429."),
    Switch("error_type_case", "upper", "Spelling of error types.", ("upper", "lower")),
    Switch(
        "foreign_resource_status",
        "403",
        "Answer for what belongs to another company.",
        ("403", "404"),
    ),
    Switch("api_requires_activation", False, "403 on the Export API until ACTIVATED."),
    Switch("job_expires_in_seconds", 3600, "Seconds without action until a new job expires."),
    Switch("item_updates_refresh_expiry", True, "Item results count as an action on the job."),
    Switch("item_updates_while_pending", True, "Accept item results before started."),
    Switch("overwrite_final_item_status", False, "Accept another final status for an item."),
    Switch("second_started_accepted", False, "Answer 202 to started on a running job."),
    Switch("several_unfinished_jobs", False, "Allow more than one unfinished job per company."),
    Switch(
        "refuse_completed_with_unfinished_items",
        False,
        "422 for completed while items are not final; else those become abandoned.",
    ),
    Switch(
        "correct_completed_with_failed_items",
        False,
        "completed with failed items is stored as completed_with_errors.",
    ),
    Switch("reasons_only_with_failed_event", True, "400 for failure reasons on other events."),
    Switch("maximum_entries_per_job", 0, "Most entries in one created job; 0 is no limit."),
    Switch("result_text_maximum_length", 0, "Most characters in result texts; 0 is no limit."),
    Switch(
        "vendor_based_bookkeeping_for_clicked_jobs",
        False,
        "Jobs started by users carry vendor and bookkeeping.",
    ),
    Switch("export_items_require_job_id", True, "400 for export items without job_id."),
    Switch("export_items_leave_out_final", False, "Leave out items that are already final."),
    Switch(
        "money_in_sign",
        "positive",
        "Sign of refund, chargeback and cashback.",
        ("positive", "negative"),
    ),
    Switch(
        "fixed_side_line_account",
        "null",
        "Line account of wallet moves and payments.",
        ("null", "category"),
    ),
    Switch("reverse_tax_amount", "computed", "tax.amount on reverse lines.", ("computed", "zero")),
    Switch(
        "invoice_payment_names_invoice",
        False,
        "reconciledEntries of an invoice payment names the invoice (older behaviour).",
    ),
    Switch(
        "minor_units", "iso", "Scale of currencies without two decimals.", ("iso", "hundredths")
    ),
    Switch("invoice_date_form", "date", "Form of invoice dates.", ("date", "date-time")),
    Switch("file_type_and_size", True, "Files carry type and size."),
    Switch("user_and_supplier", True, "Items carry user and supplier where known."),
    Switch("file_url_seconds", 86_400, "Life of a file link, counted from the item's fetch."),
    Switch("webhooks_enabled", True, "Send webhooks."),
    Switch("webhook_body", "bare", "Event alone, or the envelope form.", ("bare", "envelope")),
    Switch(
        "webhook_event_type",
        "v1.export-job.created",
        "Spelling on the wire.",
        (
            "v1.export-job.created",
            "v1.export.job-created",
            "v2.export-job.created",
            "export-job.created",
        ),
    ),
    Switch("webhook_twice", False, "Send every webhook twice with the same id."),
    Switch("webhook_delay_seconds", 0, "Wait before the first attempt."),
    Switch(
        "webhook_clock",
        "system",
        "Clock of webhook-timestamp; receivers use theirs.",
        ("system", "simulator"),
    ),
    Switch("webhook_timeout_seconds", 15, "Longest wait for the receiver."),
    Switch(
        "webhook_retry_seconds",
        [5, 300, 1800, 7200, 18000, 36000, 36000],
        "Waits between attempts, by the simulator clock.",
    ),
    Switch(
        "subscription_event_spelling",
        "reject",
        "Other spellings when subscribing.",
        ("reject", "map"),
    ),
    Switch(
        "duplicate_subscriptions_refused",
        False,
        "400 for a second subscription to the same endpoint.",
    ),
    Switch("event_types_as_string", False, "Print a single event type as a bare string."),
    Switch("disconnect_deletes_subscriptions", True, "Disconnecting ends subscriptions."),
    *MASTER_DATA_SWITCHES,
)

_BY_NAME = {switch.name: switch for switch in SWITCHES}


class Switches:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._values: dict[str, Any] = {}
        self.load()

    def load(self) -> None:
        rows = self._store.all("SELECT name, value FROM switches")
        self._values = {row["name"]: decode(row["value"]) for row in rows}

    def __getitem__(self, name: str) -> Any:
        return self._values.get(name, _BY_NAME[name].default)

    def flag(self, name: str) -> bool:
        return bool(self[name])

    def number(self, name: str) -> int:
        return int(self[name])

    def text(self, name: str) -> str:
        return str(self[name])

    def change(self, values: dict[str, Any]) -> None:
        for name, value in values.items():
            _check(name, value)
        with self._store.write():
            for name, value in values.items():
                self._store.insert("switches", {"name": name, "value": encode(value)})
        self.load()

    def describe(self) -> dict[str, dict[str, Any]]:
        return {s.name: self._describe(s) for s in SWITCHES}

    def _describe(self, switch: Switch) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "value": self[switch.name],
            "default": switch.default,
            "description": switch.description,
        }
        return {**facts, "choices": list(switch.choices)} if switch.choices else facts


def _check(name: str, value: Any) -> None:
    switch = _BY_NAME.get(name)
    if switch is None:
        raise ValueError(f"unknown switch {name}")
    if type(value) is not type(switch.default):
        raise ValueError(f"{name} needs a value like {switch.default!r}")
    if switch.choices and value not in switch.choices:
        raise ValueError(f"{name} is one of {', '.join(switch.choices)}")
