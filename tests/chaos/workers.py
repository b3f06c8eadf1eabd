"""Workers as forks of this warm process: each has its own connections, and may be killed."""

import json
import logging
import os
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.db import connections

SECONDS = 300  # after which a worker hangs, on a busy machine too, and is ended


@dataclass
class Report:
    """A file that a worker writes lines into, as it may end at any moment."""

    path: Path

    def say(self, kind: str, text: str) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps([kind, text]) + "\n")

    def lines(self, kind: str) -> list[str]:
        if not self.path.exists():
            return []
        rows = map(json.loads, self.path.read_text().splitlines())
        return [text for said, text in rows if said == kind]


class Bugs(logging.Handler):
    """What the product logs as an error is a defect, whatever it does about it."""

    def __init__(self, report: Report) -> None:
        super().__init__(logging.ERROR)
        self.report = report

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self.report.say("bug", f"{record.getMessage()}: {error!r}")


@dataclass
class Worker:
    pid: int
    report: Report

    def wait(self) -> int:
        """Its end: 0, a minus signal number, or an exit code."""
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)

    def wait_until_stopped(self) -> bool:
        """Whether it stopped itself; False where it came to its end instead."""
        _, status = os.waitpid(self.pid, os.WUNTRACED)
        return os.WIFSTOPPED(status)

    def go_on(self) -> int:
        os.kill(self.pid, signal.SIGCONT)
        return self.wait()


class Crew:
    """Starts workers and keeps their reports in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.count = 0

    def start(self, body: Callable[[Report], None]) -> Worker:
        self.count += 1
        report = Report(self.folder / str(self.count))
        connections.close_all()
        pid = os.fork()
        if pid == 0:
            _live(body, report)
        return Worker(pid, report)


def _live(body: Callable[[Report], None], report: Report) -> None:
    """The whole life of a worker. It never returns into the parent's code."""
    code = 1
    try:
        signal.alarm(SECONDS)
        logging.getLogger().addHandler(Bugs(report))
        body(report)
        code = 0
    except BaseException:  # noqa: BLE001  told to the parent, who judges it
        report.say("bug", traceback.format_exc())
    finally:
        os._exit(code)
