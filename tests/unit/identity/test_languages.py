"""Which language somebody is spoken to in, and what is said in it."""

from pathlib import Path

import pytest

from services.identity.languages import ENGLISH, Languages, _, preferred, say, speaking

GERMAN = 'msgid "Sign in"\nmsgstr "Anmelden"\n\nmsgid "To {email}"\nmsgstr "An {email}"\n'


@pytest.fixture
def languages(tmp_path: Path) -> Languages:
    (tmp_path / "de.po").write_text(GERMAN)
    (tmp_path / "pt_BR.po").write_text("")
    (tmp_path / "ar.po").write_text("")
    return Languages(tmp_path)


@pytest.mark.parametrize(
    ("header", "best_first"),
    [
        ("de", "de"),
        ("de-AT, en;q=0.5", "de-AT en"),
        ("en;q=0.5, de;q=0.8", "de en"),
        ("fr;q=0, de", "de"),
        ("*", ""),
        ("", ""),
        ("de;q=much, en", "en"),
    ],
)
def test_what_a_browser_prefers(header: str, best_first: str):
    assert preferred(header) == best_first


@pytest.mark.parametrize(
    ("tags", "name"),
    [("de", "de"), ("de-AT", "de"), ("DE", "de"), ("pt-BR", "pt_BR"), ("fr de", "de"), ("en de", "en"), ("fr", None)],
)
def test_the_first_language_that_there_is(languages: Languages, tags: str, name: str | None):
    found = languages.wished(tags)
    assert (found.name if found else None) == name


@pytest.mark.parametrize("tags", ["", " ", "../../etc", "x" * 10_000, "de_" * 50, "é"])
def test_what_names_no_language_is_passed_over(languages: Languages, tags: str):
    found = languages.wished(tags)
    assert found is None or found.name == "de"


def test_what_is_marked_is_said_in_the_language_that_is_spoken(languages: Languages):
    to = _("To {email}", email="{x}@example.org")
    assert (to, say(to), say("")) == ("To {x}@example.org", "To {x}@example.org", "")
    with speaking(languages.named("de")):
        assert (say(_("Sign in")), say(to), say("Sign out"), say("")) == (
            "Anmelden",
            "An {x}@example.org",
            "Sign out",
            "",
        )
    assert say("Sign in") == "Sign in"


def test_a_language_says_how_it_is_written(languages: Languages):
    assert (languages.named("ar").direction, languages.named("pt_BR").tag) == ("rtl", "pt-BR")
    assert languages.named("gone") is ENGLISH


def test_a_catalog_that_is_named_for_no_language_is_refused(tmp_path: Path):
    (tmp_path / "deutsch-neu.po").write_text(GERMAN)
    with pytest.raises(ValueError, match="not named for a language"):
        Languages(tmp_path)
