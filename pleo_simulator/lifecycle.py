"""First start and reset."""

from .clients import save_client
from .seeds import loader
from .state import Simulator


def prepare(simulator: Simulator, seed: str) -> None:
    """Seeds an empty store; clients of the command line win over stored ones."""
    if simulator.store.one("SELECT id FROM companies LIMIT 1") is None:
        loader.load(simulator, seed)
    for spec in simulator.configured_clients:
        save_client(simulator.store, spec)


def reset(simulator: Simulator, seed: str) -> None:
    if seed not in loader.SEEDS:
        raise ValueError(f"unknown seed {seed}")
    with simulator.store.write():
        simulator.store.clear()
        simulator.switches.load()
        simulator.clock.reset()
        prepare(simulator, seed)
    simulator.faults.clear()
    simulator.calls.clear()
    simulator.receipts.clear()
