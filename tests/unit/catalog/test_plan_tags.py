"""Tag groups and tags, by Pleo's published example and beyond it."""

from datetime import date
from typing import Any

import pytest

from erp_adapters.ledger import DimensionValue
from pleo_connector.catalog.changes import Plan
from pleo_connector.catalog.plan import plan_groups, plan_tags, turns_on
from pleo_connector.catalog.selection import first_choice, still_there
from pleo_connector.pleo.tag_calls import Tag
from tests.unit.catalog.records import dimension, group, shape, tag, value

TODAY = date(2026, 3, 15)
DEPARTMENT, PROJECT = dimension("DEPARTMENT"), dimension("PROJECT")
FINANCE, COST_CENTRE = dimension("FINANCE"), dimension("COST_CENTRE", "Cost Centre")
SUPPLIER = dimension("SUPPLIER", is_active=False)
GROUPS = [
    group("DEPARTMENT"),
    group("PROJECT"),
    group("COST_CENTRE", "Cost Centre", archived=True),
    group("REGION"),
]


def tags_plan(values: list[DimensionValue], tags: list[Tag], **more: Any) -> Plan:
    known: dict[str, Any] = {"dimension": "DEPT", "group_id": "g", "today": TODAY}
    return plan_tags(values, tags, **(known | more))


# -- The published example ----------------------------------------------------------------------


def test_active_groups_are_chosen_first_and_archived_ones_are_not() -> None:
    found = first_choice([DEPARTMENT, PROJECT, FINANCE, COST_CENTRE, SUPPLIER], GROUPS)
    assert found == ["DEPARTMENT", "PROJECT"]


def test_a_dimension_that_was_closed_is_left_out_of_the_selection() -> None:
    chosen = ["DEPARTMENT", "PROJECT", "FINANCE", "COST_CENTRE", "SUPPLIER"]
    everything = [DEPARTMENT, PROJECT, FINANCE, COST_CENTRE, SUPPLIER]
    active, gone = still_there(chosen, everything)
    assert active == [DEPARTMENT, PROJECT, FINANCE, COST_CENTRE]
    assert gone == ["SUPPLIER"]


def test_groups_of_the_published_example() -> None:
    plan = plan_groups([DEPARTMENT, PROJECT, FINANCE, COST_CENTRE], GROUPS)
    assert shape(plan) == [
        ("archive", "REGION", "Region"),
        ("unarchive", "COST_CENTRE", "Cost Centre"),
        ("create", "FINANCE", "Finance"),
    ]
    assert plan.active == {"tag_group": 3}


def test_tags_of_the_published_example() -> None:
    values = [value("ENG", "Engineering"), value("MKT", "Marketing"), value("OPS", "Operations")]
    tags = [
        tag("ENG", "Engineering"),
        tag("MKT", "Marketing", archived=True),
        tag("SAL", "Sales"),
    ]
    plan = tags_plan(values, tags)
    assert shape(plan) == [
        ("archive", "SAL", "Sales"),
        ("unarchive", "MKT", "Marketing"),
        ("create", "OPS", "Operations"),
    ]


def test_a_second_plan_is_empty() -> None:
    groups = [group(x.code, x.name) for x in (DEPARTMENT, PROJECT, FINANCE, COST_CENTRE)]
    plan = plan_groups([DEPARTMENT, PROJECT, FINANCE, COST_CENTRE], groups)
    plan.add(tags_plan([value("ENG")], [tag("ENG"), tag("SAL", archived=True)]))
    assert plan.changes == []


# -- Rules --------------------------------------------------------------------------------------


def test_codes_are_joined_whatever_their_case() -> None:
    assert plan_groups([dimension("dept", "Dept")], [group("DEPT")]).changes == []
    assert tags_plan([value("straße", "A")], [tag("STRASSE", "A")]).changes == []


def test_a_renamed_value_keeps_its_tag() -> None:
    (change,) = tags_plan([value("ENG", "Product")], [tag("eng", "Engineering")]).changes
    assert (change.action, change.pleo_id, change.key) == ("update", "id-eng", "eng")
    assert (change.old_name, change.name) == ("Engineering", "Product")


@pytest.mark.parametrize(
    "gone",
    [
        value("ENG", is_active=False),
        value("ENG", is_postable=False),
        value("ENG", valid_until=date(2026, 3, 14)),
        value("ENG", valid_from=date(2026, 3, 16)),
    ],
    ids=["closed", "heading", "over", "not yet"],
)
def test_a_value_that_cannot_be_used_today_has_no_active_tag(gone: DimensionValue) -> None:
    assert shape(tags_plan([gone], [tag("ENG")])) == [("archive", "ENG", "Eng")]
    assert tags_plan([gone], []).changes == []


@pytest.mark.parametrize("day", [date(2026, 3, 15), None])
def test_the_last_and_the_first_day_count(day: date | None) -> None:
    plan = tags_plan([value("ENG", valid_from=day, valid_until=day)], [])
    assert shape(plan) == [("create", "ENG", "Eng")]


def test_the_next_day_on_which_something_turns_is_known() -> None:
    values = [
        value("A", valid_from=date(2026, 1, 1), valid_until=date(2026, 3, 20)),
        value("B", valid_from=date(2026, 4, 1)),
        value("C", valid_until=date(2025, 12, 31)),
    ]
    assert turns_on(values, TODAY) == date(2026, 3, 21)
    assert turns_on(values[2:], TODAY) is None


def test_of_twins_the_one_with_the_name_stays() -> None:
    tags = [
        tag("SAL", "Old sales", id="1", created_at="2026-01-01"),
        tag("sal", "Sales", id="2", created_at="2026-01-02"),
    ]
    plan = tags_plan([value("SAL", "Sales")], tags)
    assert [(change.action, change.pleo_id) for change in plan.changes] == [("archive", "1")]


def test_of_twins_without_the_name_the_oldest_stays_and_is_renamed() -> None:
    tags = [
        tag("SAL", "B", id="2", created_at="2026-01-02"),
        tag("sal", "A", id="3", created_at="2026-01-01"),
        tag("Sal", "C", id="1", created_at="2026-01-01"),
    ]
    for order in (tags, tags[::-1]):
        plan = tags_plan([value("SAL", "Sales")], order)
        assert [(x.action, x.pleo_id) for x in plan.changes if x.action == "update"] == [
            ("update", "1")
        ]
        assert {x.pleo_id for x in plan.archive} == {"2", "3"}


def test_an_active_twin_is_not_exchanged_for_an_archived_one() -> None:
    tags = [tag("SAL", "Sales", id="1", archived=True), tag("sal", "Verkauf", id="2")]
    (change,) = tags_plan([value("SAL", "Sales")], tags).changes
    assert (change.action, change.pleo_id, change.name) == ("update", "2", "Sales")


def test_twins_of_a_group_are_resolved_too() -> None:
    groups = [
        group("DEPARTMENT", id="1", created_at="2026-01-01"),
        group("department", "Mine", id="2", created_at="2025-01-01"),
    ]
    (change,) = plan_groups([DEPARTMENT], groups).changes
    assert (change.action, change.pleo_id) == ("archive", "2")
    assert change.reason == "Another tag group has the same code."


def test_what_a_person_keeps_is_not_archived() -> None:
    assert plan_groups([], [group("REGION")], kept={"id-REGION"}).changes == []
    assert tags_plan([], [tag("OLD")], kept={"id-OLD"}).changes == []


def test_nothing_is_archived_where_the_list_may_be_cut_short() -> None:
    plan = tags_plan([value("NEW")], [tag("OLD")], may_archive=False)
    assert shape(plan) == [("create", "NEW", "New")]


def test_values_that_pleo_cannot_show_are_named() -> None:
    plan = tags_plan([value("A", "First"), value("a", "Second"), value(" ", "Third")], [])
    assert [change.name for change in plan.create] == ["First"]
    assert {change.name: change.problem for change in plan.problems} == {
        "Second": "First has the same code in the accounting system.",
        "Third": "It has no code in the accounting system, and Pleo needs one.",
    }


def test_the_share_is_that_of_the_worst_entity() -> None:
    plan = plan_groups([DEPARTMENT], [group("DEPARTMENT"), group("REGION")])
    assert plan.share() == 50
    assert plan.share(besides={"region"}) == 0
    plan.add(tags_plan([], [tag("A"), tag("B", archived=True)]))
    assert plan.share(besides={"region"}) == 100


def test_a_small_group_counts_by_itself_once_more_than_a_few_of_its_tags_would_go() -> None:
    large = [tag(f"L{n}") for n in range(100)]
    plan = tags_plan([value(x.code, x.name) for x in large], large)
    small = [tag(f"S{n}") for n in range(8)]
    plan.add(tags_plan([value("S0")], small[:4], dimension="small"))
    assert plan.share() < 20
    plan.add(tags_plan([value("S0")], small, dimension="other"))
    assert plan.share() > 80


def test_a_group_that_the_erp_knows_is_not_strange_even_when_closed() -> None:
    plan = plan_groups([DEPARTMENT], [group("DEPARTMENT"), group("REGION"), group("Closed")])
    assert [x.key for x in plan.strange_groups(known={"department", "closed"})] == ["REGION"]
