"""Pages in the language, the time zone and the number format of their reader."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django_scopes import scopes_disabled

from pleo_connector.web.templatetags.words import day, money
from pleo_connector.web.words import entries
from tests.app import factories
from tests.conftest import ROOT

OTHERS = [code for code, _ in settings.LANGUAGES if code != "en"]
KEYWORDS = ("gettext_lazy", "gettext_noop", "ngettext_lazy:1,2", "pgettext_lazy:1c,2")


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """All texts of the code and the templates, read as `make texts` does."""
    file = tmp_path_factory.mktemp("texts") / "django.pot"
    command = [sys.executable, "-m", "babel.messages.frontend", "--quiet", "extract"]
    command += ["-F", "locale/babel.cfg", *(x for k in KEYWORDS for x in ("-k", k))]
    subprocess.run([*command, "-o", str(file), "."], cwd=ROOT, check=True)
    return catalog(file)


def catalog(file: Path, **kwargs: Any) -> Catalog:
    with file.open("rb") as content:
        return read_po(content, **kwargs)


@pytest.mark.parametrize("language", OTHERS)
def test_each_text_is_translated(texts: Catalog, language: str) -> None:
    known = catalog(ROOT / f"locale/{language}/LC_MESSAGES/django.po", locale=language)
    missing = [x.id for x in texts if x.id and not is_whole(known.get(x.id, x.context))]
    assert not missing, f"{len(missing)} texts, see `make texts`: {missing[:20]}"


def is_whole(message: Any) -> bool:
    strings = message.string if message else ""
    return all(strings) if isinstance(strings, tuple) else bool(strings)


@pytest.mark.parametrize("language", OTHERS)
def test_translations_fill_the_same_places(language: str) -> None:
    known = catalog(ROOT / f"locale/{language}/LC_MESSAGES/django.po", locale=language)
    assert {str(x.id): [str(e) for e in found] for x, found in known.check()} == {}


AMOUNT = Decimal("-12345.6")
WRITTEN = {
    "en": ("\N{MINUS SIGN}12,345.60 DKK", "2 Mar 2026", "1,200 entries"),
    "da": ("\N{MINUS SIGN}12.345,60 DKK", "2. mar 2026", "1.200 poster"),
    "sv": ("\N{MINUS SIGN}12 345,60 DKK", "2 mar 2026", "1 200 poster"),
    "de": ("\N{MINUS SIGN}12.345,60 DKK", "2. Mär 2026", "1.200 Posten"),
}


@pytest.mark.parametrize("language", WRITTEN)
def test_values_are_written_as_their_reader_does(language: str) -> None:
    with translation.override(language):
        written = (money(AMOUNT, "DKK"), day("2026-03-02"), entries(1200))
    spaces = str.maketrans("\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}", "  ")
    assert tuple(x.translate(spaces) for x in written) == WRITTEN[language]


@pytest.fixture
def _all_tenants() -> Iterator[None]:
    with scopes_disabled():
        yield


@pytest.mark.django_db
@pytest.mark.usefixtures("_all_tenants")
def test_a_person_chooses_language_and_time_zone() -> None:
    tenant = factories.make_tenant()
    connection = factories.make_connection(tenant)
    connection.pleo_grant.granted_at = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    connection.pleo_grant.save()
    client = Client(headers={"accept-language": "sv,en;q=0.5"})
    assert "Logga in" in client.get(reverse("account_login")).content.decode()
    client.force_login(factories.owner_of(tenant))
    page = reverse("connection", args=[connection.public_id])
    assert '<html lang="sv">' in client.get(page).content.decode()
    chosen = {"language": "da", "time_zone": "Europe/Copenhagen"}
    saved = client.post(reverse("settings"), chosen, follow=True).content.decode()
    assert "Gemt." in saved
    shown = client.get(page).content.decode()
    assert '<html lang="da" data-zone="Europe/Copenhagen">' in shown
    assert "2. mar 2026, 00:30<" in shown
