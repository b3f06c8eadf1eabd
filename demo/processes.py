"""Child processes of the demo and of tests: own session, own log, stopped by process id."""

import fcntl
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

STOP_SECONDS = 5.0


class Child:
    """A started program. `stop` ends it and everything it started."""

    def __init__(self, process: subprocess.Popen[bytes], *, name: str, log: Path) -> None:
        self.process = process
        self.name = name
        self.log = log

    @property
    def pid(self) -> int:
        return self.process.pid

    def tail(self, characters: int = 2000) -> str:
        return self.log.read_text("utf-8", "replace")[-characters:] if self.log.exists() else ""

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        self._signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def _signal(self, number: int) -> None:
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass


def start(
    command: Iterable[object],
    *,
    name: str,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Child:
    """Start `command` in a session of its own; its output goes to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            start_new_session=True,
        )
    return Child(process, name=name, log=log)


def run(
    command: Iterable[object], *, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> None:
    """Run `command` to its end; RuntimeError with the end of its output where it fails."""
    output(command, env=env, cwd=cwd)


def output(
    command: Iterable[object],
    *,
    text: str = "",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    """All that `command` says; `text` is what it reads. RuntimeError as for `run`."""
    words = [str(part) for part in command]
    done = subprocess.run(
        words,
        input=text.encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(env) if env is not None else None,
        cwd=cwd,
        check=False,
    )
    said = done.stdout.decode("utf-8", "replace")
    if done.returncode:
        raise RuntimeError(f"{words[0]} failed ({done.returncode}):\n{said[-2000:]}")
    return said


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """One process at a time: the demo and the tests may start together."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(ready: Callable[[], bool], *, child: Child, seconds: float = 60.0) -> None:
    """Wait for `ready`; RuntimeError with the log where the child ends or the time is up."""
    deadline = time.monotonic() + seconds
    while not ready():
        if child.process.poll() is not None:
            raise RuntimeError(f"{child.name} ended while starting:\n{child.tail()}")
        if time.monotonic() > deadline:
            child.stop()
            raise RuntimeError(f"{child.name} was not ready in {seconds:.0f} s:\n{child.tail()}")
        time.sleep(0.05)
