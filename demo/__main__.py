"""`make demo`: the whole house on this machine, and one company's month booked in a real ERP."""

import argparse
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

from demo.erps import ERPS
from demo.month import EMAIL, PASSWORD, Demo, say
from demo.stack import ROOT, Ports, Stack

DATA = {"tryton": ROOT / ".local" / "demo", "odoo": ROOT / ".local" / "demo-odoo"}


def addresses(stack: Stack, company: dict[str, Any]) -> None:
    login = company["login"]
    say(f"\n  The product      {stack.web_url}   {EMAIL} / {PASSWORD}")
    say(f"  Pleo's stand-in  {stack.simulator_url}   {login['email']} / {login['password']}")
    say(f"  {stack.erp.label:<16} {stack.erp_server.base_url}   ({stack.erp.visit})\n")


def main() -> int:
    options = argparse.ArgumentParser(prog="make demo")
    options.add_argument("--once", action="store_true", help="end after the summary")
    options.add_argument("--reset", action="store_true", help="start anew")
    options.add_argument("--erp", choices=ERPS, default="tryton")
    options.add_argument("--data", type=Path)
    chosen = options.parse_args()
    data = chosen.data or DATA[chosen.erp]
    if chosen.reset:
        shutil.rmtree(data, ignore_errors=True)
    started = time.monotonic()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where started in background
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(130))
    ports = Ports(
        web=int(os.environ.get("WEB_PORT", "8000")),
        simulator=int(os.environ.get("SIMULATOR_PORT", "8090")),
        erp=int(os.environ.get("ERP_PORT", "8069")),
    )
    stack = Stack(
        data,
        erp=ERPS[chosen.erp],
        ports=ports,
        say=lambda sentence: say(f"{time.monotonic() - started:6.1f} s  {sentence}"),
    )
    try:
        with stack:
            demo = Demo(stack)
            result = demo.run()
            addresses(stack, demo.company)
            if not chosen.once:
                say("  Everything is running. Ctrl-C stops it; the data stays.\n")
                signal.pause()
            say(json.dumps(result))
    except KeyboardInterrupt:
        say("\nStopped.")
    except RuntimeError as error:
        say(f"\n{error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
