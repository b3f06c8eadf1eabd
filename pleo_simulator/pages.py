"""The web pages a bookkeeper uses: log-in, Export, Review errors, an entry, Apps."""

from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)

from . import entries, job_machine, jobs
from .admin import disconnect_all
from .admin_jobs import click_export
from .clock import iso
from .errors import ApiError
from .state import sim
from .store import Row, decode
from .users import companies_of, find_user, log_in
from .views import LANE_WORDS, EntryView, JobView, amount_text, type_words

blueprint = Blueprint("pages", __name__)
PER_PAGE = 200


blueprint.add_app_template_filter(amount_text, "amount")


@blueprint.app_context_processor
def shared() -> dict[str, Any]:
    user = _user()
    mine = companies_of(sim().store, user["id"]) if user else []
    return {
        "viewer": user,
        "my_companies": mine,
        "now": iso(sim().clock.now()),
        "company": _company_of(mine),
    }


def _user() -> Row | None:
    return find_user(sim().store, session.get("user_id", ""))


def _company_of(mine: list[Row]) -> Row | None:
    chosen = [row for row in mine if row["id"] == session.get("company_id")]
    return chosen[0] if chosen else mine[0] if mine else None


def signed_in_company() -> Row:
    user = _user()
    company = _company_of(companies_of(sim().store, user["id"])) if user else None
    if company is None:
        abort(make_response(redirect(url_for("pages.login", next=request.full_path))))
    return company


def go_to(endpoint: str, **values: Any) -> Response:
    return make_response(redirect(url_for(endpoint, **values), 303))


@blueprint.get("/")
def login() -> Response:
    rows = sim().store.all("SELECT name, currency, profile FROM companies ORDER BY position")
    hints = [
        {"company": row["name"], "currency": row["currency"], **decode(row["profile"])["login"]}
        for row in rows
    ]
    return make_response(
        render_template("login.html", hints=hints, next=request.args.get("next", ""))
    )


@blueprint.post("/login")
def log_in_now() -> Response:
    user = log_in(sim().store, request.form.get("email", ""), request.form.get("password", ""))
    if user is None:
        flash("Email or password is not right.", "bad")
        return go_to("pages.login")
    session["user_id"] = user["id"]
    session.pop("company_id", None)
    target = request.form.get("next", "")
    # Only paths of this site; "//host" would leave it.
    local = target.startswith("/") and not target.startswith("//") and target != "/"
    return make_response(redirect(target, 303)) if local else go_to("pages.export")


@blueprint.post("/logout")
def log_out() -> Response:
    session.clear()
    return go_to("pages.login")


@blueprint.post("/company")
def choosesigned_in_company() -> Response:
    session["company_id"] = request.form.get("company_id", "")
    return go_to("pages.export")


@blueprint.get("/export")
def export() -> Response:
    company = signed_in_company()
    simulator = sim()
    job_machine.expire_due(simulator)
    lane = request.args.get("lane", entries.QUEUE)
    rows = [EntryView(row) for row in entries.of_company(simulator, company["id"])]
    counts = {name: sum(1 for row in rows if row.lane == name) for name in LANE_WORDS}
    page = max(0, request.args.get("page", 0, type=int))
    in_lane = [row for row in rows if row.lane == lane]
    history = [
        JobView(simulator, job) for job in reversed(jobs.of_company(simulator, company["id"])[-6:])
    ]
    return make_response(
        render_template(
            "export.html",
            lane=lane,
            lanes=LANE_WORDS,
            counts=counts,
            total=len(in_lane),
            rows=in_lane[page * PER_PAGE : (page + 1) * PER_PAGE],
            page=page,
            per_page=PER_PAGE,
            running=[job for job in history if job.running],
            finished=[job for job in history if not job.running],
            problems=sum(1 for row in rows if row.error and row.lane == entries.QUEUE),
            waiting=sum(1 for row in in_lane if not row.locked),
        )
    )


@blueprint.post("/export")
def export_now() -> Response:
    """The buttons of the table: export, or move between the lanes."""
    company = signed_in_company()
    ids = request.form.getlist("entry_id")
    action = request.form.get("action", "export")
    if action == "export":
        _start_export(company["id"], ids)
        return go_to("pages.export")
    lane = entries.UNEXPORTED if action == "unqueue" else entries.QUEUE
    moved = entries.move(sim(), company["id"], ids, lane)
    flash(f"{_count(moved, 'entry', 'entries')} moved to {LANE_WORDS[lane]}.", "good")
    return go_to("pages.export", lane=request.form.get("lane", entries.QUEUE))


def _start_export(company_id: str, ids: list[str]) -> None:
    try:
        job = click_export(company_id, ids or None)
    except ApiError as error:
        flash(_refusal(error), "bad")
        return
    flash(f"Export of {_count(job['numberOfItems'], 'entry', 'entries')} started.", "good")


def _refusal(error: ApiError) -> str:
    if error.status == 409:
        return "Another export is running. Wait until it has finished, or cancel it."
    return "Nothing to export: the Export queue is empty."


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


@blueprint.post("/export/jobs/<job_id>/cancel")
def cancel(job_id: str) -> Response:
    company = signed_in_company()
    job = jobs.find(sim(), job_id)
    if (
        job is not None
        and job["company_id"] == company["id"]
        and job["status"] in job_machine.UNFINISHED
    ):
        job_machine.cancel(sim(), job)
        flash("The export was cancelled. Its entries are back in the Export queue.", "good")
    return go_to("pages.export")


@blueprint.get("/export/progress")
def progress() -> Response:
    """The part of the Export page that changes while a job runs."""
    company = signed_in_company()
    simulator = sim()
    found = [JobView(simulator, job) for job in jobs.of_company(simulator, company["id"])]
    running = [job for job in found if job.running]
    return make_response(render_template("_running.html", running=running))


@blueprint.get("/export/review")
def review() -> Response:
    company = signed_in_company()
    rows = [EntryView(row) for row in entries.of_company(sim(), company["id"])]
    failed = [row for row in rows if row.error and row.lane != entries.EXPORTED]
    causes: dict[str, list[EntryView]] = {}
    for row in failed:
        causes.setdefault(row.cause, []).append(row)
    ordered = sorted(causes.items(), key=lambda pair: -len(pair[1]))
    return make_response(render_template("review.html", causes=ordered, total=len(failed)))


@blueprint.get("/entries/<entry_id>")
def entry(entry_id: str) -> Response:
    company = signed_in_company()
    found = [row for row in entries.of_company(sim(), company["id"]) if row["id"] == entry_id]
    if not found:
        abort(404)
    view = entries.ItemView(
        sim(), company["id"], vendor_based=True, base=request.host_url.rstrip("/")
    )
    history = sim().store.all(
        "SELECT i.*, j.created_at FROM job_items i JOIN jobs j ON j.id = i.job_id"
        " WHERE i.entry_id = ? ORDER BY j.position DESC",
        entry_id,
    )
    return make_response(
        render_template(
            "entry.html",
            row=EntryView(found[0]),
            item=view(found[0]),
            history=history,
            iso=iso,
            type_words=type_words,
        )
    )


@blueprint.get("/apps")
def apps() -> Response:
    company = signed_in_company()
    rows = sim().store.all(
        "SELECT c.id, c.name, c.initiation_uri, c.settings_uri, i.status, i.error_code,"
        " i.updated_at, i.metadata FROM clients c LEFT JOIN installations i"
        " ON i.client_id = c.id AND i.company_id = ? ORDER BY c.rowid",
        company["id"],
    )
    return make_response(render_template("apps.html", apps=rows, iso=iso))


@blueprint.post("/apps/disconnect")
def disconnect() -> Response:
    disconnect_all(signed_in_company()["id"])
    flash("The app is disconnected. It can no longer read this company's entries.", "good")
    return go_to("pages.apps")
