# SPDX-License-Identifier: Apache-2.0
"""Translations: every file with words for people is known to gettext, and German is complete."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(os.environ["INNER_TEST_SOURCE"])
PO = SOURCE / "po"


def lines(path):
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


def files_with_words():
    marked = re.compile(r"\b(?:N?_|g_dngettext|ngettext) \(")
    for folder in ("client", "introspection", "service"):
        for path in sorted((SOURCE / folder).rglob("*")):
            if path.suffix in (".c", ".cc", ".h") and marked.search(path.read_text()):
                yield str(path.relative_to(SOURCE))
    for pattern in ("data/*.policy.in", "profiles/*.xml"):
        for path in sorted(SOURCE.glob(pattern)):
            yield str(path.relative_to(SOURCE))


def test_potfiles_is_complete_and_sorted():
    assert lines(PO / "POTFILES.in") == sorted(files_with_words())


def test_german_is_listed():
    assert "de" in lines(PO / "LINGUAS")


@pytest.mark.parametrize("language", lines(PO / "LINGUAS"))
def test_translation_is_complete(language, tmp_path):
    if shutil.which("xgettext") is None:
        pytest.skip("gettext is not installed")
    pot = tmp_path / "inner.pot"
    subprocess.run(
        ["xgettext", "--from-code=UTF-8", "--keyword=_", "--keyword=N_", "--keyword=g_dngettext:2,3",
         "--flag=_:1:pass-c-format", "--flag=N_:1:pass-c-format",
         f"--directory={SOURCE}", f"--files-from={PO}/POTFILES.in", f"--output={pot}"],
        check=True, capture_output=True, env={**os.environ, "GETTEXTDATADIRS": f"{SOURCE}/data"},
    )
    # xgettext knows PRIu64 and %zu, but ends a message at G_GUINT64_FORMAT: it would stay English.
    assert not re.search(r'(?<!%)%"$', pot.read_text(), re.MULTILINE)
    # msgcmp names each message that is missing, fuzzy or untranslated.
    result = subprocess.run(["msgcmp", PO / f"{language}.po", pot], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    checked = subprocess.run(
        ["msgfmt", "--check", "--output-file=/dev/null", PO / f"{language}.po"],
        capture_output=True, text=True,
    )
    assert checked.returncode == 0, checked.stderr
