"""Every page in Danish, Swedish and German: nothing is left in English, and nothing is cut off."""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from django.conf import settings as configured
from playwright.sync_api import Page

from pleo_connector.tenants.models import User
from pleo_connector.web.forms.person import zones
from tests.app import factories
from tests.app.test_web_roles import Place
from tests.browser.conftest import shoot
from tests.browser.test_every_page import PAGES, is_too_wide, log_in
from tests.browser.test_states import STATES

LANGUAGES = [code for code, _name in configured.LANGUAGES if code != "en"]
# Of the customer's own, and of places; in any language.
NAMES = re.compile(
    "|".join(
        re.escape(name)
        for name in (
            *(x.name for x in (*factories.ACCOUNTS, *factories.CODES) if x.name),
            *(name for _, name in zones()),
        )
    )
)
# What a person reads: texts, and the names of what has none.
READ = """() => {
    const found = [], all = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (all.nextNode()) {
        if (!all.currentNode.parentElement.closest("script, style, [lang]:not(html)")) {
            found.push(all.currentNode.data);
        }
    }
    for (const one of document.querySelectorAll("[aria-label], [title], [placeholder]")) {
        found.push(one.ariaLabel, one.title, one.placeholder);
    }
    return found.filter(Boolean).map(text => text.replace(/\\s+/g, " ").trim()).filter(Boolean);
}"""
FILLED = re.compile(r"%\(\w+\)[sd]")
OWN_WORDS = re.compile(r"\b(?:Tryton|Odoo): .*|https://\S+")  # of a far side, and addresses
# Words of sentences that only English has: of what the catalog does not know at all.
ENGLISH = re.compile(r"\b(the|are|of|and|with|this|which|does)\b", re.IGNORECASE)


@cache
def english(language: str) -> dict[str, list[tuple[re.Pattern[str], re.Pattern[str]]]]:
    """Texts of the catalog by their first letters, each with what it should be instead."""
    found = defaultdict(list)
    text = Path(configured.LOCALE_PATHS[0], language, "LC_MESSAGES/django.po").read_text()
    for message in read_po(StringIO(text), locale=language):
        pairs = zip(_forms(message.id), _forms(message.string), strict=False)
        for source, target in pairs:
            literal = FILLED.sub(" ", source)
            if source != target and len(re.findall(r"[a-z]{2,}", literal)) > (source != literal):
                found[source[:2] if "%" not in source[:2] else ""].append(
                    (_pattern(source), _pattern(target))
                )
    return found


def _forms(text: Any) -> list[str]:
    """The singular and the plural; nothing of the catalog's head."""
    return [x for x in ([text] if isinstance(text, str) else text or ()) if x]


def _pattern(text: str) -> re.Pattern[str]:
    parts = FILLED.split(" ".join(text.split()))
    return re.compile(".+?".join(re.escape(part.replace("%%", "%")) for part in parts))


def left_in_english(texts: list[str], language: str) -> Iterator[str]:
    known = english(language)
    for text in dict.fromkeys(texts):
        for source, target in (*known[text[:2]], *known[""]):
            if source.fullmatch(text) and not target.fullmatch(text):
                yield text
                break
        else:
            if ENGLISH.search(text):
                yield text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_in(language: str, visitor: Page, place: Place) -> None:
    User.objects.update(language=language)
    wrong = []
    for name in PAGES:
        visitor.goto(place.url(name))
        wrong += look(visitor, name, language)
    assert not wrong, "\n".join(wrong)


def look(page: Page, name: str, language: str) -> list[str]:
    """What is wrong with the page where there is little room."""
    page.set_viewport_size({"width": 360, "height": 900})
    assert page.locator("html").get_attribute("lang") == language
    texts = [OWN_WORDS.sub("…", NAMES.sub("…", text)) for text in page.evaluate(READ)]
    wrong = [f"{language} {name}: {text}" for text in left_in_english(texts, language)]
    if is_too_wide(page):
        wrong.append(f"{language} {name} is wider than the screen")
    shoot(page, f"{language}-{name}", widths=(360,), themes=("light",))
    return wrong


def speak(page: Page, language: str) -> None:
    """As the person has set it, and as the browser has where nobody is logged in."""
    User.objects.update(language=language)
    page.set_extra_http_headers({"Accept-Language": language})


def test_every_state(visitor: Page, place: Place, settings: Any) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    wrong = []
    for label, (_name, arrange) in STATES.items():
        speak(visitor, "en")
        log_in(visitor, place.people["owner"])
        arrange(visitor, place)
        for language in LANGUAGES:
            speak(visitor, language)
            visitor.reload()
            wrong += look(visitor, f"state-{label}", language)
    assert not wrong, "\n".join(wrong)


def test_what_is_left_in_english_is_noticed(visitor: Page, place: Place) -> None:
    visitor.goto(place.url("exports"))
    found = {*left_in_english(visitor.evaluate(READ), "de")}
    assert {"Exports", "Problems"} <= found
    visitor.goto(place.url("export"))
    found = {*left_in_english(visitor.evaluate(READ), "de")}
    assert any(text.startswith("5 of 33 entries") for text in found), found
