"""The posting date: Pleo's date in the customer's time zone, moved out of closed periods."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from pleo_connector.bookkeeping.case import Case

MIDNIGHT = time(0)


def day_of(moment: datetime, time_zone: str) -> date:
    """Exactly midnight UTC means a plain date and is never shifted."""
    moment = moment.astimezone(UTC)
    if time_zone == "UTC" or moment.time() == MIDNIGHT:
        return moment.date()
    return moment.astimezone(ZoneInfo(time_zone)).date()


def posting_day(case: Case) -> date:
    own = day_of(case.item.date, case.mapping.time_zone)
    catalog = case.catalog
    if catalog.is_open(own):
        return own
    setting = case.mapping.closed_period
    moved: date | None = None
    if setting == "next_open_day":
        moved = catalog.first_open_day(own)
    elif setting == "export_date" and catalog.is_open(case.export_date):
        moved = case.export_date
    if moved is None:
        _refuse(case, own)
        return own
    case.decide("date_moved", f"{own} lies in a closed period; the entry is booked on {moved}.")
    return moved


def _refuse(case: Case, own: date) -> None:
    hint = "Open the period, or let the posting settings move the date."
    if case.mapping.closed_period == "export_date":
        hint = f"Open the period; the export date {case.export_date} is closed as well."
    elif case.mapping.closed_period == "next_open_day":
        hint = "Open a period in the accounting system; no later one is open."
    case.refuse(
        "accounting_system_validation_failure",
        f"{own} lies in a closed period of the accounting system",
        hint,
        "posting",
        f"{own:%Y-%m}",
    )
