"""python -m pleo_simulator: serves one simulator from a data directory."""

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from waitress.server import create_server

from . import job_machine
from .app import wsgi
from .clients import ClientSpec
from .lifecycle import prepare
from .seeds.loader import SEEDS
from .state import Simulator, build

THREADS = 16
SWEEP_SECONDS = 2.0


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="pleo_simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090, help="0 picks a free port")
    parser.add_argument("--data", type=Path, required=True, help="directory of the store file")
    parser.add_argument("--client-id")
    parser.add_argument("--client-secret")
    parser.add_argument("--client-name", default="Ledgerline")
    parser.add_argument("--redirect-uri", action="append", default=[])
    parser.add_argument("--initiation-uri")
    parser.add_argument("--settings-uri")
    parser.add_argument("--seed", choices=SEEDS, default="demo")
    options = parser.parse_args(arguments)
    if bool(options.client_id) != bool(options.client_secret):
        parser.error("--client-id and --client-secret belong together")
    return options


def configured_clients(options: argparse.Namespace) -> list[ClientSpec]:
    if not options.client_id:
        return []
    return [
        ClientSpec(
            options.client_id,
            options.client_secret,
            name=options.client_name,
            redirect_uris=tuple(options.redirect_uri),
            initiation_uri=options.initiation_uri,
            settings_uri=options.settings_uri,
        )
    ]


def sweep(simulator: Simulator, stopping: threading.Event) -> None:
    """Expires jobs nobody asks about."""
    while not stopping.wait(SWEEP_SECONDS):
        job_machine.expire_due(simulator)


def stop(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def main(arguments: list[str]) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    options = parse_arguments(arguments)
    simulator = build(options.data)
    simulator.configured_clients = configured_clients(options)
    prepare(simulator, options.seed)
    server = create_server(
        wsgi(simulator), host=options.host, port=options.port, threads=THREADS, ident=None
    )
    stopping = threading.Event()
    sweeper = threading.Thread(target=sweep, args=(simulator, stopping), daemon=True)
    sweeper.start()
    simulator.dispatcher.start()
    signal.signal(signal.SIGTERM, stop)
    print(f"pleo-simulator listening on http://{options.host}:{server.effective_port}", flush=True)
    try:
        server.run()
    finally:
        stopping.set()
        simulator.dispatcher.stop()
        sweeper.join(timeout=SWEEP_SECONDS)
        simulator.store.close()


if __name__ == "__main__":
    main(sys.argv[1:])
