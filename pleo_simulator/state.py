"""Everything one running simulator consists of."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from flask import current_app

from .calls import CallLog
from .clients import ClientSpec
from .clock import Clock
from .faults import FaultPlan
from .receipts import ReceiptCabinet
from .store import Store
from .switches import Switches
from .tokens import TokenService
from .webhooks import Dispatcher

EXTENSION = "pleo_simulator"


@dataclass
class Simulator:
    store: Store
    clock: Clock
    switches: Switches
    tokens: TokenService
    dispatcher: Dispatcher
    receipts: ReceiptCabinet
    faults: FaultPlan = field(default_factory=FaultPlan)
    calls: CallLog = field(default_factory=CallLog)
    configured_clients: list[ClientSpec] = field(default_factory=list)


def build(directory: Path) -> Simulator:
    directory.mkdir(parents=True, exist_ok=True)
    store = Store(directory / "pleo.sqlite3")
    clock = Clock(store)
    switches = Switches(store)
    return Simulator(
        store=store,
        clock=clock,
        switches=switches,
        tokens=TokenService(store, clock, switches),
        dispatcher=Dispatcher(store, clock, switches),
        receipts=ReceiptCabinet(directory / "files", store),
    )


def sim() -> Simulator:
    """The simulator behind the current request."""
    return cast(Simulator, current_app.extensions[EXTENSION])
