"""What a usual run of the fault schedules draws: every mishap on the list, the same each time."""

from collections import Counter
from datetime import timedelta

from tests.chaos.books import FakeBooks, TrytonBooks
from tests.chaos.house import ENTRIES
from tests.chaos.mishaps import NOTES, PATIENCE_ASKED, STATUSES, WIRE, WORKER, Schedule, draw

USUAL = 100  # seeds


def kinds(schedule: Schedule) -> list[str]:
    found = [f"note {kind}" for _, kind in schedule.notifications]
    for side, fault in schedule.far:
        effect = fault.get("effect", fault)
        found += [f"{side} {name} {effect[name]}" for name in ("drop", "status") if name in effect]
        found += [
            f"{side} {name}" for name in ("delayMs", "truncate", "contentType") if name in effect
        ]
        found += [f"asked {effect['headers']}"] if "headers" in effect else []
    for life in schedule.lives:
        found += [*life.at.values(), *life.wire.values()]
        found += ["clock ahead"] if life.skew > timedelta() else []
        found += ["clock behind"] if life.skew < timedelta() else []
    places = [place for place, _ in schedule.notifications]
    found += ["a notification after the end"] if len(schedule.lives) in places else []
    found += ["two workers at once"] if schedule.is_double else []
    found += ["one journal"] if schedule.is_shared else []
    return [*found, "late"] if schedule.is_late else found


def drawn(books: type[FakeBooks] | type[TrytonBooks]) -> Counter[str]:
    schedules = (draw(seed, len(ENTRIES), books) for seed in range(USUAL))
    return Counter(kind for schedule in schedules for kind in kinds(schedule))


def test_every_mishap_is_drawn() -> None:
    found = drawn(FakeBooks)
    wanted = {
        *WIRE,
        *WORKER,
        *(f"note {x}" for x in NOTES),
        *(f"asked {x}" for x in PATIENCE_ASKED),
    }
    for side in ("erp", "pleo"):
        wanted |= {f"{side} status {x}" for x in STATUSES}
        wanted |= {f"{side} drop before", f"{side} drop after", f"{side} contentType"}
    wanted |= {
        "clock ahead",
        "clock behind",
        "pleo truncate",
        "two workers at once",
        "late",
        "one journal",
    }
    wanted |= {"a notification after the end"}
    assert wanted - found.keys() == set()


def test_a_real_erp_is_not_drawn_to_be_late() -> None:
    assert not drawn(TrytonBooks)["late"]


def test_a_seed_replays() -> None:
    one, other = (draw(7, len(ENTRIES), FakeBooks) for _ in range(2))
    assert one == other
    assert one != draw(8, len(ENTRIES), FakeBooks)
