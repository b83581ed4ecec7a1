# SPDX-License-Identifier: Apache-2.0
"""Every number of the list of attacks is tested, or it is said why not."""

import re
import sys

from conftest import SOURCE

sys.path.insert(0, str(SOURCE / "tests/attack"))

from pending import ELSEWHERE, NOT_STOPPED, PENDING  # noqa: E402

# The list that this project was given; its gaps are intended.
NUMBERS = {1, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 25, 26, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38,
           40, 41, 42, 44, 45, 46, 49, 51, 52, 54, 55, 56, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75,
           76, 78, 79, 80, 81, 82, 83, 85, 86, 87, 88, 90, 91, 93, 94, 95, 96, 97, 99, 100, 101, 102, 105, 106, 107, 109, 110, 111,
           112, 114}
FILES = {}
for path in (SOURCE / "tests/attack").glob("test_[0-9]*_*.py"):
    FILES.setdefault(int(path.name[5:8]), []).append(path)


def test_every_number_is_somewhere():
    known = set(FILES) | set(PENDING) | set(ELSEWHERE) | set(NOT_STOPPED)
    assert NUMBERS - known == set()


def test_nothing_is_pending_that_is_there():
    assert set(PENDING) & set(FILES) == set()
    assert set(ELSEWHERE) & set(FILES) == set()
    assert set(PENDING) & set(ELSEWHERE) == set()
    # What cannot be stopped has a file all the same: it tests what the person is told.
    assert set(NOT_STOPPED) <= set(FILES)


def test_what_is_pending_says_what_brings_it():
    assert all(re.fullmatch(r"issue \d+: .+", text) for text in PENDING.values())


def test_files_say_which_attacks_they_are_about():
    for number, paths in FILES.items():
        for path in paths:
            sentence = path.read_text().split('"""')[1]
            assert re.search(rf"\b{number}\b", sentence), path.name
    for number, name in ELSEWHERE.items():
        text = (SOURCE / "tests" / name).read_text()
        assert re.search(rf"[Aa]ttacks?\b[^.]*\b{number}\b", text.split('"""')[1]), (number, name)


def test_every_file_runs():
    listed = set(re.findall(r"'attack/(test_\d\w+\.py)'", (SOURCE / "tests/meson.build").read_text()))
    assert listed == {path.name for paths in FILES.values() for path in paths}
