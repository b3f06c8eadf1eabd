"""`make chaos`: every suite as one JSON line; a suite that found something prints what, and fails.

python -m tests.chaos [--erp fake|tryton|odoo] [--seeds N] [--from N]
    [--seed N] [--sample] [--suite NAME]...
"""

import argparse
import signal
import sys

import django

from demo.erps import ERPS
from tests.chaos import servers


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.chaos", description=__doc__)
    parser.add_argument("--erp", choices=("fake", *ERPS), default="fake")
    parser.add_argument("--seeds", type=int, help="how many random schedules")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first of them")
    parser.add_argument("--seed", type=int, help="replay one schedule")
    parser.add_argument("--sample", action="store_true", help="a bounded part of each suite")
    parser.add_argument("--suite", action="append", help="only these suites")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the servers are stopped then too
    with servers.running(erp=options.erp) as started:
        django.setup()
        from tests.chaos.suites import run  # needs the settings of the running servers

        return run(started, options)


if __name__ == "__main__":
    sys.exit(main())
