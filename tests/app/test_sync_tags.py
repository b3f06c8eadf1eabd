"""Tags, end to end over HTTP: the fake ERP's dimensions into the simulator's tag groups."""

from typing import Any

import pytest
from django.utils import timezone

from pleo_connector.catalog.decisions import approve_plan, choose_dimensions, pause_schedule
from pleo_connector.catalog.keeping import NotPossible
from pleo_connector.catalog.queries import sync_settings
from pleo_connector.history.models import Decision, RemoteCall, Run
from tests.app.conftest import Desk, FakeErp
from tests.app.sync_desk import SyncDesk

pytestmark = pytest.mark.django_db


def dimension(code: str, *values: str, name: str = "", **more: Any) -> dict[str, Any]:
    """Values are "CODE Name", closed ones "-CODE Name"."""
    rows = []
    for value in values:
        key, _, words = value.lstrip("-").partition(" ")
        rows.append({"code": key, "name": words or key, "isActive": value[0] != "-"})
    return {"code": code, "name": name or code.title(), "values": rows, **more}


def group(code: str, *tags: str, archived: bool = False, name: str = "") -> dict[str, Any]:
    rows = []
    for tag in tags:
        key, _, words = tag.lstrip("-").partition(" ")
        rows.append({"code": key, "name": words or key, "archived": tag[0] == "-"})
    return {"code": code, "name": name or code.title(), "archived": archived, "tags": rows}


EXAMPLE = [
    dimension("DEPARTMENT", "ENG Engineering", "MKT Marketing", "OPS Operations"),
    dimension("PROJECT", "P1 Harbour"),
    dimension("FINANCE", "F1 Capital"),
    dimension("COST_CENTRE", "C1 Plant", name="Cost Centre"),
    dimension("SUPPLIER", "S1 Paper"),
]


@pytest.fixture
def house(desk: Desk, fake_erp: FakeErp) -> SyncDesk:
    """Pleo's published example, before its first run."""
    made = SyncDesk(desk, fake_erp)
    desk.work()
    made.seed_erp(dimensions=EXAMPLE)
    made.seed_pleo(
        tagGroups=[
            group("DEPARTMENT", "ENG Engineering", "-MKT Marketing", "SAL Sales"),
            group("PROJECT", "P1 Harbour"),
            group("COST_CENTRE", "C1 Plant", archived=True, name="Cost Centre"),
            group("REGION", "NORTH North"),
        ]
    )
    made.only("tags")
    return made


def choose(house: SyncDesk, *codes: str) -> None:
    choose_dimensions(
        connection=house.connection, codes=codes, actor=house.desk.user, now=timezone.now()
    )


def close_supplier(house: SyncDesk) -> None:
    rows = [*EXAMPLE[:4], {**EXAMPLE[4], "isActive": False}]
    house.seed_erp(dimensions=rows)


def test_pleos_published_example(house: SyncDesk) -> None:
    house.sync("tags")
    assert sync_settings(house.connection).dimensions == ["DEPARTMENT", "PROJECT"]
    choose(house, "DEPARTMENT", "PROJECT", "FINANCE", "COST_CENTRE", "SUPPLIER")
    close_supplier(house)
    run = house.sync_and_approve("tags")
    assert (run.state, run.headline) == ("completed", "")
    expected = ["DEPARTMENT", "PROJECT", "FINANCE", "COST_CENTRE"]
    assert sync_settings(house.connection).dimensions == expected
    assert house.active_groups() == {
        "DEPARTMENT": {"ENG": "Engineering", "MKT": "Marketing", "OPS": "Operations"},
        "PROJECT": {"P1": "Harbour"},
        "FINANCE": {"F1": "Capital"},
        "COST_CENTRE": {"C1": "Plant"},
    }
    house.forget_calls()
    assert house.sync("tags").state == "completed"
    assert house.writes() == []


def test_nothing_is_changed_before_a_person_has_seen_the_first_plan(house: SyncDesk) -> None:
    house.forget_calls()
    run = house.sync("tags")
    assert house.writes() == []
    assert (run.state, run.waiting_for) == ("waiting", "approval")
    assert house.plan("tags").why == "first"
    assert ("archive", "REGION", "planned") in house.shape("tags")
    assert house.approve("tags").state == "completed"
    assert "REGION" not in house.active_groups()
    assert {state for _, _, state in house.shape("tags")} == {"done"}


def test_what_a_person_keeps_is_archived_by_no_later_run(house: SyncDesk) -> None:
    house.sync("tags")
    house.approve("tags", keep_all=True)
    assert {"REGION"} < set(house.active_groups())
    assert "SAL" in house.active_groups()["DEPARTMENT"]
    house.seed_erp(dimensions=[dimension("DEPARTMENT", "ENG Product"), *EXAMPLE[1:]])
    house.sync_and_approve("tags")
    assert house.active_groups()["REGION"] == {"NORTH": "North"}
    assert house.active_groups()["DEPARTMENT"] == {"ENG": "Product", "SAL": "Sales"}


def test_a_run_that_would_archive_much_waits_and_a_small_one_does_not(house: SyncDesk) -> None:
    many = [f"V{number:02}" for number in range(20)]
    house.seed_erp(dimensions=[dimension("DEPARTMENT", *many), dimension("PROJECT", "P1 Harbour")])
    house.sync_and_approve("tags")
    house.seed_erp(
        dimensions=[dimension("DEPARTMENT", *many[4:]), dimension("PROJECT", "P1 Harbour")]
    )
    assert house.sync("tags").state == "completed"  # 19 %
    house.seed_erp(
        dimensions=[dimension("DEPARTMENT", *many[12:]), dimension("PROJECT", "P1 Harbour")]
    )
    run = house.sync("tags")
    assert (run.state, house.plan("tags").why) == ("waiting", "many")
    assert len(house.active_groups()["DEPARTMENT"]) == 16


def test_a_group_that_somebody_makes_in_pleo_later_waits_for_a_person(house: SyncDesk) -> None:
    house.sync_and_approve("tags")
    made = {"code": "CAMPAIGN", "name": "Campaign"}
    house.simulator("POST", f"/companies/{house.company_id}/tag-groups:create", **made)
    run = house.sync("tags")
    assert (run.state, house.plan("tags").why) == ("waiting", "strange")
    assert "CAMPAIGN" in house.active_groups()


def test_a_plan_of_a_paused_kind_says_so(house: SyncDesk) -> None:
    house.sync("tags")
    pause_schedule(connection=house.connection, kind="tags", actor=house.desk.user)
    with pytest.raises(NotPossible, match="paused"):
        approve_plan(plan=house.plan("tags"), actor=house.desk.user, now=timezone.now())


def test_a_dimension_that_is_taken_off_is_archived_at_once(house: SyncDesk) -> None:
    house.sync_and_approve("tags")
    choose(house, "PROJECT")
    house.work()
    assert house.run("tags").state == "completed"
    assert set(house.active_groups()) == {"PROJECT"}


def test_one_dimension_can_be_asked_for_alone(house: SyncDesk) -> None:
    house.sync_and_approve("tags")
    changed = [dimension("DEPARTMENT", "ENG New name"), dimension("PROJECT", "P1 Other")]
    house.seed_erp(dimensions=changed + EXAMPLE[2:])
    house.sync_and_approve("tags")
    changed = [dimension("DEPARTMENT", "ENG Third"), dimension("PROJECT", "P1 Third")]
    house.seed_erp(dimensions=changed + EXAMPLE[2:])
    house.sync("tags", only="PROJECT")
    assert house.active_groups()["PROJECT"] == {"P1": "Third"}
    assert house.active_groups()["DEPARTMENT"] == {"ENG": "New name"}
    house.later()
    assert house.active_groups()["DEPARTMENT"] == {"ENG": "Third"}


# -- The ERP's answers --------------------------------------------------------------------------


def test_an_empty_list_archives_nothing_and_says_so(house: SyncDesk) -> None:
    house.sync_and_approve("tags")
    before = house.active_groups()
    house.seed_erp(dimensions=[])
    run = house.sync("tags")
    assert house.active_groups() == before
    assert run.state == "completed_with_errors"
    assert "gave an empty list, so nothing was archived in Pleo" in run.headline


def test_a_dimension_without_values_keeps_its_tags(house: SyncDesk) -> None:
    house.sync_and_approve("tags")
    before = house.active_groups()
    house.seed_erp(dimensions=[dimension("DEPARTMENT"), *EXAMPLE[1:]])
    run = house.sync("tags")
    assert house.active_groups() == before
    assert "gave no values of this dimension" in run.headline


@pytest.mark.parametrize("fault", [{"status": 500}, {"drop": "before"}, {"status": 403}])
def test_a_list_that_cannot_be_read_archives_nothing(house: SyncDesk, fault: Any) -> None:
    house.sync_and_approve("tags")
    before = house.active_groups()
    house.seed_erp(dimensions=EXAMPLE[1:])
    house.erp.fault("GET /dimensions$", times=10, **fault)
    run = house.sync("tags")
    assert house.active_groups() == before
    assert run.headline
    house.erp("DELETE", "/faults")
    house.later()
    assert house.plan("tags").why == "strange"  # the ERP has lost a dimension altogether


def test_a_list_that_is_cut_waits_for_a_person(house: SyncDesk) -> None:
    house.sync_and_approve("tags")
    before = house.active_groups()
    house.seed_erp(dimensions=[dimension("DEPARTMENT", "ENG Engineering"), EXAMPLE[1]])
    run = house.sync("tags")
    assert (run.state, run.waiting_for) == ("waiting", "approval")
    assert house.active_groups() == before


# -- Few calls ----------------------------------------------------------------------------------


def test_an_erp_that_has_not_changed_costs_no_call_to_pleo(house: SyncDesk) -> None:
    house.sync_and_approve("tags")
    house.forget_calls()
    house.later(2)
    run = house.run("tags")
    assert house.calls() == []
    assert run.headline == "Nothing has changed in Fake ERP."


def test_hand_edits_are_healed_by_the_daily_compare(house: SyncDesk) -> None:
    house.sync_and_approve("tags")
    (tag,) = [x for g in house.pleo("tagGroups") for x in g["tags"] if x["code"] == "ENG"]
    house.change("tags", tag, name="By hand")
    house.later(2)
    assert house.active_groups()["DEPARTMENT"]["ENG"] == "By hand"
    house.later(27)
    assert house.active_groups()["DEPARTMENT"]["ENG"] == "Engineering"


def test_tags_are_archived_a_hundred_at_once(house: SyncDesk) -> None:
    many = [f"V{number:03}" for number in range(150)]
    house.seed_erp(dimensions=[dimension("DEPARTMENT", "A"), EXAMPLE[1]])
    house.seed_pleo(tagGroups=[group("DEPARTMENT", "A", *many), group("PROJECT", "P1 Harbour")])
    house.sync("tags")
    house.forget_calls()
    house.approve("tags")
    assert house.active_groups() == {"DEPARTMENT": {"A": "A"}, "PROJECT": {"P1": "Harbour"}}
    assert house.writes() == [("POST", "/v0/tags/archive")] * 2


@pytest.mark.parametrize("refusal", ["403", "404"])
def test_where_pleo_offers_no_bulk_calls_it_is_asked_once(house: SyncDesk, refusal: str) -> None:
    house.simulator("PUT", "/switches", bulk_tag_calls=refusal)
    house.seed_erp(dimensions=[dimension("DEPARTMENT", "A"), EXAMPLE[1]])
    groups = [group("DEPARTMENT", "A", "B", "C"), group("PROJECT", "P1 Harbour")]
    house.seed_pleo(tagGroups=groups)
    house.sync("tags")
    house.forget_calls()
    assert house.approve("tags").state == "completed"
    assert house.active_groups()["DEPARTMENT"] == {"A": "A"}
    assert [path for _, path in house.writes()].count("/v0/tags/archive") == 1
    house.seed_pleo(tagGroups=groups)
    house.sync("tags")
    house.forget_calls()
    house.approve("tags")
    assert "/v0/tags/archive" not in [path for _, path in house.writes()]


def test_a_tag_that_is_gone_does_not_end_the_bulk_calls(house: SyncDesk) -> None:
    house.seed_erp(dimensions=[dimension("DEPARTMENT", "A"), EXAMPLE[1]])
    groups = [group("DEPARTMENT", "A", "B", "C"), group("PROJECT", "P1 Harbour")]
    house.seed_pleo(tagGroups=groups)
    house.sync("tags")
    (gone,) = [x for g in house.pleo("tagGroups") for x in g["tags"] if x["code"] == "C"]
    house.simulator("DELETE", f"/master-data/tags/{gone['id']}")
    house.fault("POST", "/v0/tags/archive$", status=404, body={"type": "NOT_FOUND"})
    house.approve("tags")
    house.work()
    assert house.active_groups()["DEPARTMENT"] == {"A": "A"}
    house.seed_pleo(tagGroups=groups)
    house.sync("tags")
    house.forget_calls()
    house.approve("tags")
    assert "/v0/tags/archive" in [path for _, path in house.writes()]


# -- Limits and partial failure -----------------------------------------------------------------


def test_a_full_group_is_emptied_before_it_is_filled(house: SyncDesk) -> None:
    house.simulator("PUT", "/switches", maximum_active_tags=2)
    house.seed_erp(dimensions=[dimension("DEPARTMENT", "C", "D"), EXAMPLE[1]])
    house.seed_pleo(
        tagGroups=[group("DEPARTMENT", "A", "B"), group("PROJECT", "P1 Harbour")],
    )
    house.sync_and_approve("tags")
    assert set(house.active_groups()["DEPARTMENT"]) == {"C", "D"}


def test_a_group_at_its_limit_is_told_and_the_others_go_on(house: SyncDesk) -> None:
    house.simulator("PUT", "/switches", maximum_active_tags=2)
    many = [f"V{number:02}" for number in range(30)]
    house.seed_erp(dimensions=[dimension("DEPARTMENT", *many), dimension("PROJECT", "P1", "P2")])
    house.sync("tags")
    house.forget_calls()
    run = house.approve("tags")
    assert run.state == "completed_with_errors"
    assert "Pleo takes no more tags in DEPARTMENT" in run.headline
    assert (run.succeeded, run.failed) == (run.total - 28, 28)
    assert len(house.active_groups()["DEPARTMENT"]) == 2
    assert house.active_groups()["PROJECT"] == {"P1": "P1", "P2": "P2"}
    assert len(house.writes()) < 15


def test_one_refused_record_does_not_stop_the_others(house: SyncDesk) -> None:
    house.sync("tags")
    refused = {"type": "VALIDATION_FAILED", "message": "This tag is odd."}
    house.fault("POST", "/tags$", status=400, body=refused)
    run = house.approve("tags")
    assert run.state == "completed_with_errors"
    assert run.headline == "Tag Operations (OPS): This tag is odd."
    assert house.active_groups()["PROJECT"] == {"P1": "Harbour"}
    assert house.sync("tags").state == "completed"
    assert house.active_groups()["DEPARTMENT"]["OPS"] == "Operations"


def test_a_code_that_pleo_holds_unseen_is_looked_up_and_told(house: SyncDesk) -> None:
    house.sync("tags")
    house.fault("POST", "/tags$", times=9, status=409, body={"type": "CONFLICT", "message": "No."})
    run = house.approve("tags")
    assert run.state == "completed_with_errors"
    assert run.failed == 1


def test_a_tag_that_went_away_is_created_in_the_same_run(house: SyncDesk) -> None:
    house.sync_and_approve("tags")
    house.seed_erp(dimensions=[dimension("DEPARTMENT", "ENG Product"), *EXAMPLE[1:]])
    house.sync("tags")
    (tag,) = [x for g in house.pleo("tagGroups") for x in g["tags"] if x["code"] == "ENG"]
    house.simulator("DELETE", f"/master-data/tags/{tag['id']}")
    run = house.approve("tags")
    assert run.state == "completed"
    assert house.active_groups()["DEPARTMENT"] == {"ENG": "Product"}


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_create_without_an_answer_is_looked_up(house: SyncDesk, drop: str) -> None:
    house.seed_erp(dimensions=[EXAMPLE[0], EXAMPLE[1], EXAMPLE[2]])
    choose(house, "DEPARTMENT", "PROJECT", "FINANCE")
    house.work()
    house.fault("POST", "/v0/tag-groups$", drop=drop)
    house.fault("POST", "/tags$", drop=drop)
    run = house.approve("tags")
    assert run.state == "completed"
    codes = [x["code"] for x in house.pleo("tagGroups")]
    assert len(codes) == len(set(codes))
    for found in house.pleo("tagGroups"):
        tags = [tag["code"] for tag in found["tags"]]
        assert len(tags) == len(set(tags))
    assert house.active_groups()["FINANCE"] == {"F1": "Capital"}


def test_pleos_limit_of_calls_is_waited_for(house: SyncDesk) -> None:
    house.sync("tags")
    house.fault("POST", "/tags$", status=429, headers={"Retry-After": "1"})
    run = house.approve("tags")
    assert (run.state, run.waiting_for) == ("waiting", "Pleo")
    house.later(0.1)
    run.refresh_from_db()
    assert run.state == "completed"
    assert house.active_groups()["DEPARTMENT"]["OPS"] == "Operations"


def test_every_call_and_choice_is_in_the_history(house: SyncDesk) -> None:
    run = house.sync_and_approve("tags")
    calls = RemoteCall.objects.filter(attempt__run=run)
    assert set(calls.values_list("system", flat=True)) == {"pleo", "erp"}
    assert not calls.filter(status=None).exists()
    assert run.calls == calls.count()
    (sentence,) = Decision.objects.filter(run=run).values_list("sentence", flat=True)
    assert sentence.endswith("DEPARTMENT, PROJECT.")
    assert Run.objects.filter(kind="tags").count() == 1
