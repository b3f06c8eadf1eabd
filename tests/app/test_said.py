"""Why an entry could not be booked, in the language of its reader."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

from pleo_connector.catalog.models import Entity
from pleo_connector.pleo.account_calls import REASONS as OF_PLEO
from pleo_connector.web import said
from pleo_connector.web.decided import BECAUSE
from pleo_connector.web.sentences import ENTITIES, HINTS, REASONS, WHYS
from tests.conftest import ROOT

PRODUCT = ROOT / "pleo_connector"
CATALOG, EXPORTS = PRODUCT / "catalog", PRODUCT / "exports"
ACCOUNT = (
    "The entry could not be booked: account 6110 “Paper. Old” is inactive in the accounting "
    "system. Choose another category in Pleo, or an account for it in the mapping."
)
VENDOR = (
    "Also, it has no vendor, and no generic vendor is set. Choose a vendor in Pleo, or set a "
    "generic vendor."
)


def test_in_english_it_is_said_as_it_was_written() -> None:
    assert said.cause(ACCOUNT) == ACCOUNT.removeprefix("The entry could not be booked: ").replace(
        "account 6110", "Account 6110"
    )


@pytest.mark.parametrize(
    ("language", "told"), [("en", "30 Dec 2025 lies"), ("da", "30. dec 2025 ligger")]
)
def test_days_are_written_as_the_reader_writes_them(language: str, told: str) -> None:
    moved = "2025-12-30 lies in a closed period; the entry is booked on 2026-01-01."
    with translation.override(language):
        assert said.again(moved).startswith(told)
        for no_day in ("Invoice A-2025-12-30 is there.", "Invoice 2026-13-45 is there."):
            assert said.again(no_day) == no_day


def test_all_reasons_of_an_entry_are_told_in_danish() -> None:
    with translation.override("da"):
        told = said.cause(f"{ACCOUNT} {VENDOR}")
    assert told == (
        "Kontoen 6110 “Paper. Old” er inaktiv i regnskabssystemet. Vælg en anden kategori i Pleo, "
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


@pytest.mark.parametrize("known", [WHYS, HINTS, BECAUSE, said.TOLD_WHOLE])
def test_no_sentence_is_taken_for_another(known: tuple[str, ...]) -> None:
    for number, sentence in enumerate(known):
        hidden = [x for x in known[:number] if pattern_of(x).fullmatch(sentence)]
        assert hidden == [], sentence


def pattern_of(template: str) -> "re.Pattern[str]":
    return re.compile(re.sub(r"%\\\(\w+\\\)s", ".+", re.escape(template)))


# Glued from parts at the place where they are written; each form is tried somewhere below.
GLUED = ("Pleo does not let us 7 7: the permission 7 is missing. Reconnect Pleo and allow it.",)


def written_in(path: Path) -> Iterator[str]:
    """Texts of a module, with 7 for what differs; without what describes the code."""
    tree = ast.parse(path.read_text())
    apart = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            apart |= {id(value) for value in node.values}
            yield "".join(str(x.value) if isinstance(x, ast.Constant) else "7" for x in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield "" if id(node) in apart else node.value


def test_every_sentence_of_the_syncs_is_told_in_danish() -> None:
    written = {x for path in CATALOG.glob("*.py") for x in written_in(path)}
    found = {x for x in written if re.fullmatch(r"([A-Z]|7 \w)(\S* ){3,}.*[.]", x)} - {*GLUED}
    assert len(found) > 40
    with translation.override("da"):
        assert [x for x in found if said.again(x) == x] == []


# Told with what they are made of; and what is of a call or a bug, for who looks into the product.
JOINED = {"No open period in 7 holds 7.", "7 is locked in Odoo.", "No later one is open."}
JOINED |= {"The first open day after it is 7."}
JOINED |= {"7 has no active 7.", "7 has more than one 7."}
INSIDE = {"The answer took too long.", "The answer is too large."}
INSIDE |= {f"7 cannot {what}." for what in ("reverse a voucher", "match payments")}
INSIDE |= {"7 cannot create a vendor."}


def test_every_refusal_of_an_accounting_system_is_told_in_danish() -> None:
    files = [x for x in (ROOT / "erp_adapters").rglob("*.py") if x.parent.name != "fake"]
    written = {x for path in files if path.name != "ledger.py" for x in written_in(path)}
    found = {x for x in written if re.fullmatch(r"([A-Z]|7 \w)(\S* ){2,}.*[.]", x)}
    assert found >= JOINED | INSIDE
    assert len(found) > 50
    with translation.override("da"):
        assert [x for x in found - JOINED - INSIDE if said.again(x) == x] == []


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        (
            "2026-03-01 is locked in Odoo. The first open day after it is 2026-04-01. Open the "
            "period in Odoo, or let the posting settings move the date.",
            "1. mar 2026 er låst i Odoo. Den første åbne dag derefter er 1. apr 2026. Åbn "
            "perioden i Odoo, eller lad bogføringsindstillingerne flytte datoen.",
        ),
        (
            "Odoo: Account 2440 needs a vendor. Check the vendor in Odoo, or choose another one "
            "in Pleo.",
            "Odoo: Konto 2440 skal have en leverandør. Tjek leverandøren i Odoo, eller vælg en "
            "anden i Pleo.",
        ),
        ("Tryton has no active vendor V-1.", "Tryton har ingen aktiv leverandør V-1."),
        ("Odoo has more than one tax code I25.", "Odoo har mere end én momskode I25."),
    ],
)
def test_a_refusal_is_told_with_what_to_do_about_it(sentence: str, told: str) -> None:
    with translation.override("da"):
        assert said.cause(sentence) == told


def test_everything_that_is_wrong_with_a_receipt_is_told_in_danish() -> None:
    ends = [
        x for x in written_in(EXPORTS / "receipt_files.py") if re.fullmatch(r"(is|was) .*[.]", x)
    ]
    wholes = [x for x in written_in(EXPORTS / "receipts.py") if re.fullmatch(r"Receipt .*[.]", x)]
    found = [*wholes, *(f"Receipt 7 {end}" for end in ends)]
    assert len(found) > 5
    with translation.override("da"):
        assert [x for x in found if said.again(x) == x] == []


def test_words_of_ours_within_a_sentence_are_those_that_are_written() -> None:
    assert tuple(map(str, Entity.labels)) == ENTITIES
    assert tuple(OF_PLEO.values()) == REASONS


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        (
            "Card purchase is negative; its sides are swapped.",
            "Kortkøb: beløbet er negativt, så debet og kredit er byttet om.",
        ),
        (
            "The line has no category; account 6110 is set for out-of-pocket expense.",
            "Linjen har ingen kategori; konto 6110 er valgt til typen Udlæg.",
        ),
        (
            "Rule 2 applies: account 6110, tax code I25, Project 7, journal CARD.",
            "Regel 2 gælder: konto 6110, momskode I25, Project 7, journal CARD.",
        ),
        ("Travel applies: account 6110.", "Travel gælder: konto 6110."),
        (
            "The payment is not matched: invoice V-12 is matched with another payment.",
            "Betalingen er ikke udlignet: faktura V-12 er udlignet med en anden betaling.",
        ),
        ("Matched with expenses V-1, V-2.", "Udlignet med udlæg V-1, V-2."),
        (
            "The payment is not matched: Odoo: Linjerne er afstemt.",
            "Betalingen er ikke udlignet: Odoo: Linjerne er afstemt.",
        ),
        (
            "Not matched yet: Odoo cannot be reached. It is tried again with the next export.",
            "Endnu ikke udlignet: Odoo kan ikke nås. Det forsøges igen ved næste eksport.",
        ),
        (
            "Tag department: 20 has no dimension of its own; the text names it.",
            "Tagget department: 20 har ingen egen dimension; teksten nævner det.",
        ),
        (
            "Receipt 2 could not be fetched: Pleo cannot be reached. The entry is booked without "
            "AX-7-2.pdf.",
            "Kvittering 2 kunne ikke hentes: Pleo kan ikke nås. Posten er bogført uden AX-7-2.pdf.",
        ),
    ],
)
def test_what_was_decided_is_told_with_the_words_in_it(sentence: str, told: str) -> None:
    assert said.is_known(sentence)
    assert said.again(sentence) == sentence
    with translation.override("da"):
        assert said.again(sentence) == told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("wallet account set for DKK", "wallet-konto valgt til DKK"),
        (
            "account set for card invoice without category",
            "konto ved manglende kategori: Faktura betalt med kort",
        ),
        ("category Paper → 6110", "kategori Paper → 6110"),
        ("Travel → 6320", "Travel → 6320"),
        ("something that was written long ago", "something that was written long ago"),
    ],
)
def test_why_a_line_stands_on_its_account_is_told(words: str, told: str) -> None:
    assert said.because(words) == words
    with translation.override("da"):
        assert said.because(words) == told


def test_a_receipt_that_keeps_an_entry_from_being_booked_is_told_with_the_advice() -> None:
    sentence = (
        "The entry could not be booked: receipt 2 has 12 MB; Tryton can be given files of up to "
        "5 MB. Mend the receipt in Pleo and export the entry again, or let entries be booked "
        "without their receipts in the posting settings."
    )
    with translation.override("da"):
        assert said.cause(sentence) == (
            "Kvittering 2 fylder 12 MB; Tryton kan få filer på op til 5 MB. Ret kvitteringen i "
            "Pleo, og eksportér posten igen, eller tillad i bogføringsindstillingerne, at "
            "poster bogføres uden deres kvitteringer."
        )


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        (
            "4 records are not in step. Tax code, 2 records: Paper has the same code in the "
            "accounting system.",
            "4 elementer er ikke ajour. Momskode, 2 elementer: Paper har samme kode i "
            "regnskabssystemet.",
        ),
        (
            "Account Paper (6110): It has no name in the accounting system, and Pleo needs one.",
            "Konto Paper (6110): Den har intet navn i regnskabssystemet, og Pleo skal bruge et.",
        ),
        (
            "Waits for an approval. It would archive more than the share that you allow.",
            "Venter på en godkendelse. Den ville arkivere mere end den andel, du tillader.",
        ),
        (
            "Pleo did not take it: its name is too long, it has no id.",
            "Pleo tog ikke imod den: dens navn er for langt, den har intet id.",
        ),
        (
            "Pleo does not let us change tax codes: the permission tax-codes:write is missing. "
            "Reconnect Pleo and allow it.",
            "Pleo lader os ikke ændre momskoder: tilladelsen tax-codes:write mangler. Forbind Pleo "
            "igen, og giv den.",
        ),
    ],
)
def test_what_became_of_a_sync_is_told(sentence: str, told: str) -> None:
    with translation.override("da"):
        assert said.again(sentence) == told
        assert said.cause(sentence) == told
