"""Named choices for what Pleo leaves unpublished about master data."""

from ..switch import Switch

OPEN = ("open", "403", "404")

MASTER_DATA_SWITCHES = (
    Switch(
        "tag_scope_spelling",
        "both",
        "Scopes that open tag groups and tags: tag-group:* (production), tag-groups:* (staging).",
        ("both", "production", "staging"),
    ),
    Switch(
        "lists_hold_archived",
        False,
        "Lists of groups and of a group's tags hold archived ones when include_archived is absent.",
    ),
    Switch("created_status", "200", "Status of a created group or tax code.", ("200", "201")),
    Switch(
        "tag_group_codes_unique",
        "no",
        "Which groups hold their code: none, active ones, all.",
        ("no", "active", "all"),
    ),
    Switch("maximum_active_tag_groups", 0, "Most active groups per company; 0 is no limit."),
    Switch("maximum_active_tags", 0, "Most active tags per group; 0 is no limit."),
    Switch("unarchiving_counts", True, "Unarchiving is refused at the maximum, like creating."),
    Switch(
        "tag_code_comparison",
        "ignore_case",
        "How codes are compared for 409.",
        ("ignore_case", "exact"),
    ),
    Switch("archived_tags_hold_their_code", True, "409 for the code of an archived tag, too."),
    Switch(
        "archiving_group_archives_tags", False, "Archiving a group sets its tags archived as well."
    ),
    Switch("blank_codes_accepted", False, "Codes of groups and tags may be blank."),
    Switch(
        "maximum_text_length",
        0,
        "Most characters in names and codes of groups, tags, tax codes, vendors; 0 is no limit.",
    ),
    Switch(
        "put_omitted_members",
        "keep",
        "What PUT does to optional members that are left out.",
        ("keep", "clear"),
    ),
    Switch(
        "delete_what_is_used",
        "delete",
        "Deleting a tag, group or tax code that expenses use.",
        ("delete", "refuse"),
    ),
    Switch("tag_delete_status", "204", "Answer to a deleted tag or tax code.", ("200", "204")),
    Switch("bulk_tag_calls", "open", "Bulk archive and delete of tags for apps.", OPEN),
    Switch("bulk_unknown_ids", "ignore", "Ids a bulk call does not know.", ("ignore", "refuse")),
    Switch("tag_search_calls", "open", "tags:search and aggregations/tags for apps.", OPEN),
    Switch("tag_usage_calls", "open", "Usage of a tag group for apps.", OPEN),
    Switch("account_batch_calls", "open", "Batch creation of accounts for apps.", OPEN),
    Switch("tax_calculation_calls", "open", "calculate-tax-amounts for apps.", OPEN),
    Switch(
        "account_exists_answer",
        "200_if_same",
        "Creating an account whose externalId is known.",
        ("200_if_same", "200", "409"),
    ),
    Switch(
        "account_search_strict",
        False,
        "400 for unknown members and for the two exclude flags left out.",
    ),
    Switch(
        "account_search_default",
        "both",
        "States found when archived is absent.",
        ("both", "active"),
    ),
    Switch("account_search_name", "exact", "How name is compared.", ("exact", "partial")),
    Switch("account_tax_code_must_exist", False, "400 for a taxCodeExternalId no tax code has."),
    Switch("exclusive_tax_codes", "refuse", "Type exclusive.", ("refuse", "accept")),
    Switch("tax_code_codes_unique", False, "400 for a tax code whose code exists."),
    Switch(
        "vendor_state_on_create",
        "by_identifier",
        "ACTIVE with externalId or code, else DRAFT; or always the same.",
        ("by_identifier", "ACTIVE", "DRAFT"),
    ),
    Switch(
        "vendor_uniqueness",
        "external_id_or_code",
        "What 409 looks at.",
        ("external_id_or_code", "external_id", "nothing"),
    ),
    Switch(
        "vendor_archive_scope",
        "vendors:write",
        "Scope of :archive.",
        ("vendors:write", "vendors:delete"),
    ),
    Switch("vendor_drafts_of_apps_announced", True, "The webhook comes for an app's draft, too."),
)
