"""Tag groups and tags: the rules, the switches, and what the admin API can seed."""

from typing import Any

import pytest

from .support import Company, Pleo, Simulator

SOME_ID = "99999999-0000-4000-8000-000000000009"
Rows = list[dict[str, Any]]


@pytest.fixture
def group(simulator: Simulator, company: Company) -> dict[str, Any]:
    """The only group of the company, with an active and an archived tag."""
    tags = [
        {"code": "ENG", "name": "Engineering"},
        {"code": "MKT", "name": "Marketing", "archived": True},
    ]
    wish = {"tagGroups": [{"code": "DEPT", "name": "Department", "tags": tags}]}
    return dict(simulator.seed(company, wish)["tagGroups"][0])


def add_tag(pleo: Pleo, group: dict[str, Any], code: str, **more: Any) -> Any:
    body = {"code": code, "name": code.title(), "archived": False, **more}
    return pleo.call("POST", f"/v0/tag-groups/{group['id']}/tags", json=body)


def tags_of(pleo: Pleo, group: dict[str, Any], **query: Any) -> list[str]:
    return [tag["code"] for tag in pleo.pages(f"/v0/tag-groups/{group['id']}/tags", **query)]


def test_a_group_is_created_renamed_archived_and_read(pleo: Pleo, company: Company) -> None:
    body = {"code": "FIN", "name": "Finance", "archived": False, "metadata": {"by": "acme"}}
    made = pleo.call("POST", "/v0/tag-groups", json=body, company_id=company.id).json()["data"]
    assert made | body == made
    change = body | {"name": "Money", "archived": True}
    path = f"/v0/tag-groups/{made['id']}"
    assert pleo.call("PUT", path, json=change).json()["data"]["name"] == "Money"
    assert pleo.get(path)["data"]["archived"] is True
    listed = pleo.get("/v0/tag-groups", company_id=company.id)["data"]
    assert made["id"] not in [row["id"] for row in listed]
    everything = pleo.get("/v0/tag-groups", company_id=company.id, include_archived="true")["data"]
    assert made["id"] in [row["id"] for row in everything]


def test_the_company_is_named_as_pleo_spells_it(pleo: Pleo, company: Company) -> None:
    pleo.refused(400, "GET", "/v0/tag-groups")
    pleo.refused(400, "GET", "/v0/tag-groups", companyId=company.id)
    pleo.refused(400, "GET", "/v0/tag-groups", company_id=company.id, includeArchived="true")
    pleo.refused(400, "POST", "/v0/tag-groups", json={"code": "A", "name": "A", "archived": False})


def test_a_put_of_a_group_needs_its_metadata(pleo: Pleo, group: dict[str, Any]) -> None:
    body = {"code": "DEPT", "name": "Department", "archived": False}
    pleo.refused(400, "PUT", f"/v0/tag-groups/{group['id']}", json=body)


def test_groups_can_count_their_tags(pleo: Pleo, company: Company, group: dict[str, Any]) -> None:
    (row,) = pleo.get("/v0/tag-groups", company_id=company.id, include_tags_count="true")["data"]
    assert row["totalTagsCount"] == 2
    (row,) = pleo.get("/v0/tag-groups", company_id=company.id)["data"]
    assert "totalTagsCount" not in row


def test_two_groups_may_have_one_code_unless_switched(
    simulator: Simulator, pleo: Pleo, company: Company, group: dict[str, Any]
) -> None:
    body = {"code": "dept", "name": "Again", "archived": False}
    pleo.call("POST", "/v0/tag-groups", json=body, company_id=company.id)
    simulator.switch(tag_group_codes_unique="all")
    pleo.refused(400, "POST", "/v0/tag-groups", json=body, company_id=company.id)
    simulator.switch(tag_group_codes_unique="no", maximum_active_tag_groups=2)
    pleo.refused(400, "POST", "/v0/tag-groups", json=body, company_id=company.id)


def test_a_deleted_group_takes_its_tags_along(pleo: Pleo, group: dict[str, Any]) -> None:
    assert pleo.call("DELETE", f"/v0/tag-groups/{group['id']}").status_code == 204
    pleo.refused(404, "GET", f"/v0/tag-groups/{group['id']}")
    pleo.refused(404, "GET", f"/v0/tag-groups/{group['id']}/tags")
    pleo.refused(404, "GET", f"/v0/tags/{group['tags'][0]['id']}")


def test_archiving_a_group_leaves_its_tags_alone_unless_switched(
    simulator: Simulator, pleo: Pleo, group: dict[str, Any]
) -> None:
    body = {"code": "DEPT", "name": "Department", "archived": True, "metadata": {}}
    pleo.call("PUT", f"/v0/tag-groups/{group['id']}", json=body)
    assert tags_of(pleo, group) == ["ENG"]
    simulator.switch(archiving_group_archives_tags=True)
    for archived in (False, True):
        pleo.call("PUT", f"/v0/tag-groups/{group['id']}", json=body | {"archived": archived})
    assert tags_of(pleo, group) == []


def test_lists_of_tags_hold_archived_ones_on_request(
    simulator: Simulator, pleo: Pleo, group: dict[str, Any]
) -> None:
    assert tags_of(pleo, group) == ["ENG"]
    assert tags_of(pleo, group, include_archived="true") == ["ENG", "MKT"]
    pleo.refused(400, "GET", f"/v0/tag-groups/{group['id']}/tags", include_archived="maybe")
    simulator.switch(lists_hold_archived=True)
    assert tags_of(pleo, group) == ["ENG", "MKT"]


def test_a_code_is_taken_in_any_case_and_by_archived_tags(
    simulator: Simulator, pleo: Pleo, group: dict[str, Any]
) -> None:
    assert add_tag(pleo, group, "OPS").status_code == 201
    assert [add_tag(pleo, group, code).status_code for code in ("ops", "Mkt")] == [409, 409]
    simulator.switch(tag_code_comparison="exact")
    assert add_tag(pleo, group, "ops").status_code == 201
    simulator.switch(archived_tags_hold_their_code=False)
    assert add_tag(pleo, group, "MKT").status_code == 201
    archived = group["tags"][1]
    back = {"code": "MKT", "archived": False}
    pleo.refused(409, "PUT", f"/v0/tags/{archived['id']}", json=back)


def test_a_tag_keeps_its_name_where_put_sends_none(
    simulator: Simulator, pleo: Pleo, group: dict[str, Any]
) -> None:
    path = f"/v0/tags/{group['tags'][0]['id']}"
    body = {"code": "ENG", "archived": True}
    changed = pleo.call("PUT", path, json=body).json()["data"]
    assert (changed["name"], changed["archived"]) == ("Engineering", True)
    simulator.switch(put_omitted_members="clear")
    assert pleo.call("PUT", path, json=body).json()["data"]["name"] is None
    pleo.refused(400, "PUT", path, json={"code": "ENG"})
    pleo.refused(404, "PUT", f"/v0/tags/{SOME_ID}", json=body)
    pleo.refused(409, "PUT", path, json=body | {"code": "mkt"})


def test_a_full_group_takes_no_active_tag(
    simulator: Simulator, pleo: Pleo, group: dict[str, Any]
) -> None:
    simulator.switch(maximum_active_tags=2)
    assert add_tag(pleo, group, "OPS").status_code == 201
    assert add_tag(pleo, group, "LAW").status_code == 400
    assert add_tag(pleo, group, "OLD", archived=True).status_code == 201
    path = f"/v0/tags/{group['tags'][1]['id']}"
    back = {"code": "MKT", "archived": False}
    pleo.refused(400, "PUT", path, json=back)
    simulator.switch(unarchiving_counts=False)
    assert pleo.call("PUT", path, json=back).status_code == 200


def test_seeds_make_what_the_api_refuses(
    simulator: Simulator, pleo: Pleo, company: Company
) -> None:
    twins = [
        {"code": "A", "name": "One", "createdAt": "2026-01-01T00:00:00Z"},
        {"code": "A", "name": "Two", "createdAt": "2025-01-01T00:00:00Z"},
        {"code": "a", "name": "Small", "archived": True},
    ]
    groups = [
        {"code": "DEPT", "name": "Department", "tags": twins},
        {"code": "dept", "name": "Twin", "archived": True, "madeBy": "person"},
    ]
    seeded = simulator.seed(company, {"tagGroups": groups})["tagGroups"]
    assert [group["madeBy"] for group in seeded] == ["seed", "person"]
    found = list(pleo.pages(f"/v0/tag-groups/{seeded[0]['id']}/tags", include_archived="true"))
    assert [(tag["code"], tag["createdAt"][:4]) for tag in found][:2] == [
        ("A", "2026"),
        ("A", "2025"),
    ]
    # One twin can be put away although the other holds the same code.
    body = {"code": "A", "archived": True}
    assert pleo.call("PUT", f"/v0/tags/{found[0]['id']}", json=body).status_code == 200


def test_many_tags_are_paged_to_the_end(simulator: Simulator, pleo: Pleo, company: Company) -> None:
    wish = {"tagGroups": [{"code": "BIG", "name": "Big", "tagCount": 1_050}]}
    big = simulator.seed(company, wish)["tagGroups"][0]
    simulator.admin("POST", "/sim/calls:clear")
    path = f"/v0/tag-groups/{big['id']}/tags"
    codes = [tag["code"] for tag in pleo.pages(path, limit=100)]
    assert codes == [f"T{number:05d}" for number in range(1, 1_051)]
    counted = simulator.admin("GET", "/sim/calls:count")
    assert counted == {"count": 11, "operations": {"GET /v0/tag-groups/{id}/tags": 11}}


@pytest.mark.parametrize("order", ["ASC", "DESC", "ASC_NULLS_FIRST", "DESC_NULLS_LAST"])
def test_pages_lead_there_and_back_in_any_order(
    simulator: Simulator, pleo: Pleo, company: Company, order: str
) -> None:
    names = ["b", None, "a", "c", None, "a", "b"]
    tags = [{"code": f"{n}", "name": name} for n, name in enumerate(names)]
    wish = {"tagGroups": [{"code": "G", "name": "G", "tags": tags}]}
    path = f"/v0/tag-groups/{simulator.seed(company, wish)['tagGroups'][0]['id']}/tags"
    sorting = {"sorting_keys": "name", "sorting_order": order}
    whole = pleo.get(path, limit=100, **sorting)["data"]
    known = [tag["name"] for tag in whole if tag["name"]]
    assert known == sorted(known, reverse=order.startswith("DESC"))
    assert (whole[0]["name"] is None) == order.endswith("FIRST") or order == "DESC"
    assert list(pleo.pages(path, limit=2, **sorting)) == whole
    page = pleo.get(path, limit=3, offset=4, **sorting)
    assert page["data"] == whole[4:]
    back: Rows = []
    while True:
        back = page["data"] + back
        assert page["pagination"]["total"] == 7
        if not page["pagination"]["hasPreviousPage"]:
            break
        before = page["pagination"]["startCursor"]
        page = pleo.get(path, limit=3, before=before, **sorting)
        assert page["pagination"]["hasNextPage"]
    assert back == whole


@pytest.mark.parametrize(
    ("wish", "codes"),
    [
        ({}, ["ENG"]),
        ({"includeArchived": True}, ["ENG", "MKT"]),
        ({"includeArchived": True, "archived": False}, ["ENG"]),
        ({"archived": True}, ["MKT"]),
        ({"textSearch": "GINEER"}, ["ENG"]),
        ({"textSearch": "nobody"}, []),
        ({"tagIds": [SOME_ID]}, []),
        ({"tagGroupIds": [SOME_ID]}, []),
        ({"tagIds": [], "tagGroupIds": []}, ["ENG"]),
    ],
)
def test_searches_over_all_groups(
    pleo: Pleo, company: Company, group: dict[str, Any], wish: dict[str, Any], codes: list[str]
) -> None:
    for path in ("/v0/tags:search", "/v0/aggregations/tags"):
        reply = pleo.call("POST", path, json=wish, company_id=company.id)
        assert [tag["code"] for tag in reply.json()["data"]] == codes


def test_aggregated_tags_name_their_group_and_cells(
    pleo: Pleo, company: Company, group: dict[str, Any]
) -> None:
    reply = pleo.call("POST", "/v0/aggregations/tags", json={}, company_id=company.id)
    (tag,) = reply.json()["data"]
    assert tag["group"] == {"id": group["id"], "code": "DEPT", "name": "Department"}
    assert {cell["code"]: cell["value"] for cell in tag["dimensions"]} == {
        "name": "Engineering",
        "code": "ENG",
    }
    (row,) = pleo.get("/v0/aggregations/tag-groups", company_id=company.id)["data"]
    assert [column["code"] for column in row["dimensions"]] == ["name", "code"]


def test_chosen_groups_are_aggregated_even_if_archived(
    simulator: Simulator, pleo: Pleo, company: Company
) -> None:
    wish = {"tagGroups": [{"code": c, "name": c, "archived": c == "B"} for c in "AB"]}
    ids = {row["code"]: row["id"] for row in simulator.seed(company, wish)["tagGroups"]}
    path = "/v0/aggregations/tag-groups"
    assert [r["code"] for r in pleo.get(path, company_id=company.id)["data"]] == ["A"]
    chosen = pleo.get(path, company_id=company.id, tag_group_ids=[ids["B"]])["data"]
    assert [row["code"] for row in chosen] == ["B"]


def test_tags_are_archived_and_deleted_in_bulk(
    simulator: Simulator, pleo: Pleo, company: Company, group: dict[str, Any]
) -> None:
    ids = [tag["id"] for tag in group["tags"]]
    body = {"companyId": company.id, "archived": True, "tagIds": [*ids, SOME_ID]}
    changed = pleo.call("POST", "/v0/tags/archive", json=body).json()["data"]
    assert [(tag["code"], tag["archived"]) for tag in changed] == [("ENG", True), ("MKT", True)]
    simulator.switch(bulk_unknown_ids="refuse")
    pleo.refused(400, "POST", "/v0/tags/archive", json=body)
    pleo.refused(400, "POST", "/v0/tags/archive", json=body | {"tagIds": [ids[0]] * 101})
    simulator.switch(maximum_active_tags=1)
    back = body | {"archived": False, "tagIds": ids}
    pleo.refused(400, "POST", "/v0/tags/archive", json=back)
    assert tags_of(pleo, group) == [], "one refused tag leaves all as they were"
    gone = {"companyId": company.id, "tagIds": ids}
    assert pleo.call("DELETE", "/v0/tags", json=gone).status_code == 204
    assert tags_of(pleo, group, include_archived="true") == []


@pytest.mark.parametrize("answer", ["403", "404"])
def test_bulk_calls_can_be_closed_to_apps(
    simulator: Simulator, pleo: Pleo, company: Company, answer: str
) -> None:
    simulator.switch(bulk_tag_calls=answer, tag_search_calls="403", tag_usage_calls=answer)
    body = {"companyId": company.id, "archived": True, "tagIds": [SOME_ID]}
    reply = pleo.simulator.session.post(
        pleo.simulator.url + "/v0/tags/archive", json=body, headers=pleo.headers, timeout=10
    )
    assert reply.status_code == int(answer)
    pleo.refused(403, "POST", "/v0/tags:search", json={}, company_id=company.id)


def test_one_company_does_not_reach_anothers_tags(
    simulator: Simulator, company: Company, other_company: Company, group: dict[str, Any]
) -> None:
    stranger = simulator.connect(other_company)
    tag_id = group["tags"][0]["id"]
    for path in (f"/v0/tag-groups/{group['id']}", f"/v0/tags/{tag_id}"):
        stranger.refused(403, "GET", path)
    body = {"companyId": other_company.id, "archived": True, "tagIds": [tag_id]}
    assert stranger.call("POST", "/v0/tags/archive", json=body).json()["data"] == []
    stranger.refused(403, "GET", "/v0/tag-groups", company_id=company.id)


@pytest.mark.parametrize(
    ("spelling", "opened"),
    [
        ("both", {"tag-group", "tag-groups"}),
        ("production", {"tag-group"}),
        ("staging", {"tag-groups"}),
    ],
)
def test_the_scope_of_tags_is_spelled_in_two_ways(
    simulator: Simulator, company: Company, spelling: str, opened: set[str]
) -> None:
    simulator.switch(tag_scope_spelling=spelling)
    statuses = {
        name: simulator.api_key(company, scopes=[f"{name}:read"])
        .call("GET", "/v0/tag-groups", company_id=company.id)
        .status_code
        for name in ("tag-group", "tag-groups")
    }
    assert {name for name, status in statuses.items() if status == 200} == opened


def test_a_missing_scope_is_named_as_pleo_names_it(simulator: Simulator, company: Company) -> None:
    without = simulator.api_key(company, scopes=["accounts:read"])
    reply = without.call("GET", "/v0/tag-groups", company_id=company.id)
    assert reply.status_code == 403
    assert reply.json()["type"].upper() == "ACCESS_DENIED"
    assert "Required permission 'READ' on resource 'tag-group'" in reply.json()["message"]


def test_smaller_unknowns_are_switched(
    simulator: Simulator, pleo: Pleo, company: Company, group: dict[str, Any]
) -> None:
    path = f"/v0/tag-groups/{group['id']}/tags"
    blank = {"code": " ", "archived": False}
    pleo.refused(400, "POST", path, json=blank)
    simulator.switch(blank_codes_accepted=True, maximum_text_length=3, tag_delete_status="200")
    made = pleo.call("POST", path, json=blank)
    assert made.status_code == 201
    pleo.refused(400, "POST", path, json={"code": "LONG", "archived": False})
    reply = pleo.call("DELETE", f"/v0/tags/{made.json()['data']['id']}")
    assert (reply.status_code, reply.content) == (200, b"")
    simulator.switch(tag_usage_calls="403", tax_calculation_calls="403")
    pleo.refused(403, "GET", f"/v0/tag-groups/{group['id']}/usage")
    body: dict[str, Any] = {"amountsByTaxCodeId": {}}
    pleo.refused(403, "POST", "/v0/tax-codes:calculate-tax-amounts", json=body)


def test_what_belongs_to_another_company_can_be_hidden(
    simulator: Simulator, other_company: Company, group: dict[str, Any]
) -> None:
    simulator.switch(foreign_resource_status="404")
    simulator.connect(other_company).refused(404, "GET", f"/v0/tag-groups/{group['id']}")
