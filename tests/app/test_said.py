"""Why an entry could not be booked, in the language of its reader."""

import re

import pytest
from django.utils import translation

from pleo_connector.web import said
from pleo_connector.web.sentences import HINTS, WHOLES, WHYS

ACCOUNT = (
    "The entry could not be booked: account 6110 Paper. Old is inactive in the accounting system. "
    "Choose another category in Pleo, or an account for it in the mapping."
)
VENDOR = (
    "Also, it has no vendor, and no generic vendor is set. Choose a vendor in Pleo, or set a "
    "generic vendor."
)


def test_in_english_it_is_said_as_it_was_written() -> None:
    assert said.cause(ACCOUNT) == ACCOUNT.removeprefix("The entry could not be booked: ").replace(
        "account 6110", "Account 6110"
    )


def test_all_reasons_of_an_entry_are_told_in_danish() -> None:
    with translation.override("da"):
        told = said.cause(f"{ACCOUNT} {VENDOR}")
    assert told == (
        "Kontoen 6110 Paper. Old er inaktiv i regnskabssystemet. Vælg en anden kategori i Pleo, "
        "eller en konto til den i konteringen. Den har ingen leverandør, og der er ikke valgt en "
        "fælles leverandør. Vælg en leverandør i Pleo, eller vælg en fælles leverandør."
    )


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("Checking in Tryton what was booked.", "Kontrollerer i Tryton, hvad der er bogført."),
        (
            "Tryton cannot be reached. Export it again in Pleo when Tryton works: what is booked "
            "already is not booked twice.",
            "Tryton kan ikke nås. Eksportér den igen i Pleo, når Tryton virker: det, der allerede "
            "er bogført, bogføres ikke to gange.",
        ),
        ("e-books: Unknown move.", "e-books: Unknown move."),
    ],
)
def test_why_a_run_waits_or_ended_is_told(sentence: str, told: str) -> None:
    assert said.again(sentence) == sentence
    with translation.override("da"):
        assert said.again(sentence) == told


def test_an_accounting_systems_own_words_stay_and_the_advice_is_told() -> None:
    with translation.override("de"):
        told = said.cause("No such journal. Name a journal of Tryton in the posting settings.")
    advice = "Geben Sie in den Buchungseinstellungen ein Journal von Tryton an."
    assert told == f"No such journal. {advice}"


@pytest.mark.parametrize(
    "sentence", ["", "Something else.", "account 1 is inactive", "%(account)s"]
)
def test_what_is_not_known_stays_as_it_is(sentence: str) -> None:
    with translation.override("sv"):
        assert said.cause(sentence).lower() == sentence.lower()
    assert not sentence or not said.is_known(sentence)


@pytest.mark.parametrize("known", [WHYS, HINTS, WHOLES])
def test_no_sentence_is_taken_for_another(known: tuple[str, ...]) -> None:
    for number, sentence in enumerate(known):
        hidden = [x for x in known[:number] if pattern_of(x).fullmatch(sentence)]
        assert hidden == [], sentence


def pattern_of(template: str) -> "re.Pattern[str]":
    return re.compile(re.sub(r"%\\\(\w+\\\)s", ".+", re.escape(template)))
