"""The page on which a person chooses an entry's category and tags."""

from typing import Any

from flask import Blueprint, Response, abort, flash, make_response, render_template, request

from . import entries, entry_choices
from .errors import ApiError
from .keyset import Selection
from .master_data import categories, tag_groups
from .pages import go_to, signed_in_company
from .state import Simulator, sim
from .store import Row, decode, encode
from .views import EntryView

blueprint = Blueprint("pages_choices", __name__)
MOST_LISTED = 200  # of a longer group the code is typed


@blueprint.get("/entries/<entry_id>/choices")
def show(entry_id: str) -> Response:
    company = signed_in_company()
    row = _open_entry(company["id"], entry_id)
    line = decode(row["payload"])["accountingEntryLines"][0]
    chosen = {tag["groupCode"].casefold(): tag["code"] for tag in line.get("tags") or []}
    groups = tag_groups.of_company(sim(), company["id"], archived=False)
    return make_response(
        render_template(
            "choices.html",
            row=EntryView(row),
            groups=[_choice(group, chosen) for group in groups],
            categories=categories.of_company(sim(), company["id"]),
            category_id=(line.get("account") or {}).get("id"),
        )
    )


def _choice(group: Row, chosen: dict[str, str]) -> dict[str, Any]:
    active = Selection("tags").where("group_id = ? AND archived = 0", group["id"])
    listed = active.rows() if active.count() <= MOST_LISTED else []
    return {**group, "tags": listed, "chosen": chosen.get(group["code_key"], "")}


@blueprint.post("/entries/<entry_id>/choices")
def save(entry_id: str) -> Response:
    company = signed_in_company()
    simulator = sim()
    payload = decode(_open_entry(company["id"], entry_id)["payload"])
    try:
        choices: dict[str, Any] = {"tagIds": _tag_ids(simulator, company["id"])}
        if request.form.get("category_id"):
            choices["categoryId"] = request.form["category_id"]
        entry_choices.apply(simulator, payload, choices, None)
    except (ApiError, LookupError) as error:
        flash(str(error), "bad")
        return go_to("pages_choices.show", entry_id=entry_id)
    simulator.store.update("entries", entry_id, {"payload": encode(payload)})
    flash("Saved.", "good")
    return go_to("pages.entry", entry_id=entry_id)


def _tag_ids(simulator: Simulator, company_id: str) -> list[str]:
    """A group's field holds a code; empty is no tag."""
    found = []
    for group in tag_groups.of_company(simulator, company_id, archived=False):
        code = request.form.get(f"tag-{group['id']}", "").strip()
        tag = simulator.store.one(
            "SELECT id FROM tags WHERE group_id = ? AND code_key = ? AND archived = 0",
            group["id"],
            code.casefold(),
        )
        if code and tag is None:
            raise LookupError(f"{group['name']} has no tag {code}.")
        found += [tag["id"]] if tag else []
    return found


def _open_entry(company_id: str, entry_id: str) -> Row:
    """Neither exported nor in a running export."""
    rows = entries.of_company(sim(), company_id)
    row = next((row for row in rows if row["id"] == entry_id), None)
    if row is None or row["lane"] == entries.EXPORTED or row["job_id"] is not None:
        abort(404)
    return row
