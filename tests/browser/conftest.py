"""The product in a real browser: the system's Chromium, headless."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from demo.month import Demo
from demo.stack import Stack, passing_folder
from tests.conftest import ROOT
from tests.e2e.conftest import FAST

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
SHOTS = ROOT / "screenshots"
WIDTHS = (1440, 360)
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        said = "No Chromium: install it from the system's packages (.ci/run does), or set CHROMIUM."
        if os.environ.get("CI"):
            pytest.fail(said)
        pytest.skip(said)
    # The browser's own loop runs in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield running
        running.close()


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with passing_folder() as folder, Stack(folder, env=FAST) as running:
        yield running


@pytest.fixture(scope="module")
def demo(stack: Stack) -> Demo:
    return Demo(stack)


@pytest.fixture
def page(browser: Browser, stack: Stack) -> Iterator[Page]:
    """A fresh visitor; a script error on any page fails the test."""
    viewport: ViewportSize = {"width": 1440, "height": 900}
    context = browser.new_context(viewport=viewport, reduced_motion="reduce")
    context.set_default_timeout(15_000)
    visitor = context.new_page()
    errors: list[str] = []
    visitor.on("pageerror", lambda error: errors.append(str(error)))
    visitor.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield visitor
    context.close()
    assert not errors


def shoot(page: Page, name: str) -> None:
    """The page at both widths and in both themes, where SCREENSHOTS is set."""
    if not os.environ.get("SCREENSHOTS"):
        return
    Path(SHOTS).mkdir(exist_ok=True)
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(
                path=SHOTS / f"{name}-{width}-{theme}.png", full_page=True, timeout=60_000
            )
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": 900})
