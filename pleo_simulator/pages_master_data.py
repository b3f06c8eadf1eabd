"""The pages on which a bookkeeper keeps tags, categories with their accounts, and vendors."""

from typing import Any

from flask import Blueprint, Response, abort, flash, make_response, render_template, request

from .errors import ApiError
from .keyset import Selection
from .master_data import accounts, categories, tag_groups, tags, vendors
from .master_data.resource import PERSON
from .pages import go_to, signed_in_company
from .state import sim
from .store import Row

blueprint = Blueprint("pages_master_data", __name__)
PER_PAGE = 200
STATE_BADGES = {"DRAFT": ("warn", "Draft"), "ACTIVE": ("good", "Active")}


@blueprint.get("/tags")
def groups() -> Response:
    company = signed_in_company()
    rows = sim().store.all(
        "SELECT g.*, COALESCE(SUM(t.archived = 0), 0) AS active, COUNT(t.id) AS total"
        " FROM tag_groups g LEFT JOIN tags t ON t.group_id = g.id"
        " WHERE g.company_id = ? GROUP BY g.id ORDER BY g.archived, g.position",
        company["id"],
    )
    return make_response(render_template("tags.html", groups=rows))


@blueprint.post("/tags")
def create_group() -> Response:
    company = signed_in_company()
    members = {**_form("code", "name"), "archived": False}
    return _done(
        lambda: tag_groups.create(sim(), company["id"], members, made_by=PERSON),
        f"Tag group {members['name']} created.",
        go_to("pages_master_data.groups"),
    )


@blueprint.get("/tags/<group_id>")
def group(group_id: str) -> Response:
    row = _group(group_id)
    found = Selection("tags").where("group_id = ?", row["id"])
    wanted = request.args.get("q", "").strip()
    if wanted:
        found.where("instr(folded(code || ' ' || COALESCE(name, '')), ?)", wanted.casefold())
    page = max(0, request.args.get("page", 0, type=int))
    sql, params = found.sql("*", tail="ORDER BY archived, position LIMIT ? OFFSET ?")
    return make_response(
        render_template(
            "tag_group.html",
            group=row,
            tags=sim().store.all(sql, *params, PER_PAGE, page * PER_PAGE),
            total=found.count(),
            page=page,
            per_page=PER_PAGE,
            q=wanted,
        )
    )


@blueprint.post("/tags/<group_id>")
def change_group(group_id: str) -> Response:
    """Rename, archive, unarchive, or a new tag."""
    row = _group(group_id)
    back = go_to("pages_master_data.group", group_id=row["id"])
    if request.form.get("action") == "add":
        members = {**_form("code", "name"), "archived": False}
        return _done(lambda: tags.create(sim(), row, members, made_by=PERSON), "Tag created.", back)
    return _done(lambda: tag_groups.change(sim(), row, _change()), "Saved.", back)


@blueprint.post("/tags/<group_id>/<tag_id>")
def change_tag(group_id: str, tag_id: str) -> Response:
    row = _group(group_id)
    tag = tags.TAGS.find(sim(), tag_id)
    if tag is None or tag["group_id"] != row["id"]:
        abort(404)
    return _done(
        lambda: tags.change(sim(), tag, _change()),
        "Saved.",
        go_to("pages_master_data.group", group_id=row["id"]),
    )


def _group(group_id: str) -> Row:
    company = signed_in_company()
    row = tag_groups.GROUPS.find(sim(), group_id)
    if row is None or row["company_id"] != company["id"]:
        abort(404)
    return row


def _form(*names: str) -> dict[str, Any]:
    return {name: request.form.get(name, "").strip() for name in names}


def _change() -> dict[str, Any]:
    """The button says what is meant."""
    action = request.form.get("action", "rename")
    return _form("name") if action == "rename" else {"archived": action == "archive"}


def _done(change: Any, words: str, back: Response) -> Response:
    """What the API refuses is refused here, too."""
    try:
        change()
    except ApiError as error:
        flash(error.message, "bad")
    else:
        flash(words, "good")
    return back


@blueprint.get("/accounts")
def chart() -> Response:
    company = signed_in_company()
    rows = Selection("accounts").where("company_id = ?", company["id"]).rows()
    mapped = categories.of_company(sim(), company["id"])
    users: dict[str, list[str]] = {}
    for category in mapped:
        users.setdefault(category["account_id"], []).append(category["name"])
    rows.sort(key=lambda row: (row["archived"], row["code"] or ""))
    return make_response(
        render_template("accounts.html", accounts=rows, categories=mapped, users=users)
    )


@blueprint.post("/accounts/categories")
def map_category() -> Response:
    """Points a category at an account; without an id it creates the category."""
    company = signed_in_company()
    simulator = sim()
    account = accounts.ACCOUNTS.find(simulator, request.form.get("account_id", ""))
    if account is not None and account["company_id"] != company["id"]:
        abort(404)
    members = {"accountId": account["id"] if account else None}
    category = categories.CATEGORIES.find(simulator, request.form.get("category_id", ""))
    if category is None:
        members |= _form("name")
        categories.insert(simulator, company["id"], members, made_by=PERSON)
    elif category["company_id"] != company["id"]:
        abort(404)
    else:
        categories.CATEGORIES.update(simulator, category, members)
    flash("Saved.", "good")
    return go_to("pages_master_data.chart")


@blueprint.get("/vendors")
def vendor_list() -> Response:
    company = signed_in_company()
    rows = Selection("vendors").where("company_id = ?", company["id"]).rows()
    order = (vendors.DRAFT, vendors.ACTIVE, vendors.ARCHIVED)
    rows.sort(key=lambda row: (order.index(row["state"]), row["name"].casefold()))
    return make_response(render_template("vendors.html", vendors=rows, badges=STATE_BADGES))


@blueprint.post("/vendors")
def create_vendor() -> Response:
    company = signed_in_company()
    members = {name: value for name, value in _form("name", "country").items() if value}
    members["taxRegistrationNumber"] = request.form.get("tax_number", "").strip() or None
    members["defaultCurrency"] = request.form.get("currency", "").strip() or company["currency"]
    bookkeeper = sim().store.one(
        "SELECT user_id FROM company_users WHERE company_id = ? ORDER BY rowid", company["id"]
    )
    return _done(
        lambda: vendors.create_as_person(
            sim(), company["id"], bookkeeper["user_id"] if bookkeeper else None, members
        ),
        f"{members.get('name')} is a draft until the accounting system has it.",
        go_to("pages_master_data.vendor_list"),
    )
