"""Which dimensions of the ERP are in step with tag groups. Pure."""

from collections.abc import Collection, Sequence

from erp_adapters.ledger import Dimension
from pleo_connector.pleo.tag_calls import TagGroup

MOST = 5  # tags that an expense in Pleo can have


def first_choice(dimensions: Sequence[Dimension], groups: Sequence[TagGroup]) -> list[str]:
    """On the first connection: active dimensions that have an active tag group, in ERP order.

    There may be more than five of them, which is for the caller to tell.
    """
    there = {group.code.casefold() for group in groups if not group.archived}
    return [x.code for x in dimensions if x.is_active and x.code.casefold() in there]


def still_there(
    chosen: Collection[str], dimensions: Sequence[Dimension]
) -> tuple[list[Dimension], list[str]]:
    """(the chosen ones that are active, in ERP order; codes of those that are not any more)."""
    wanted = {code.casefold() for code in chosen}
    found: dict[str, Dimension] = {}
    for dimension in dimensions:
        if dimension.is_active and dimension.code.casefold() in wanted:
            found.setdefault(dimension.code.casefold(), dimension)
    gone = [code for code in chosen if code.casefold() not in found]
    return list(found.values()), gone
