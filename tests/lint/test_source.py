# SPDX-License-Identifier: Apache-2.0
"""The house style, as far as a program can judge it."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(os.environ["INNER_TEST_SOURCE"])
MAX_FILE = 700
MAX_FUNCTION = 100
# Other versions lay out the same code differently.
CLANG_FORMAT_VERSION = 14


def find(*suffixes):
    for folder, folders, names in os.walk(SOURCE):
        folders[:] = sorted(
            f for f in folders
            if f not in (".git", "node_modules", "__pycache__") and not f.startswith("build")
        )
        for name in sorted(names):
            if name.endswith(suffixes):
                yield Path(folder, name)


def shown(path):
    return str(path.relative_to(SOURCE))


C_SOURCES = list(find(".c", ".h", ".cc"))
SCRIPTS = list(find(".py", ".mjs", ".sh")) + [
    SOURCE / name for name in ("quickstart", ".ci/run", "tests/as-user", "tests/fuzz/run",
                               "tests/system/inside/install", "tests/system/inside/run")
]


def without_comments_and_strings(text):
    blank = lambda match: "\n" * match.group().count("\n")
    text = re.sub(r"/\*.*?\*/", blank, text, flags=re.DOTALL)
    return re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)


def functions(text):
    """Yields (line, length) of each function: a body starts and ends in the first column."""
    start = None
    for number, line in enumerate(text.splitlines(), 1):
        if line == "{":
            start = number
        elif line.startswith("}") and start is not None:
            yield start, number - start
            start = None


def test_there_is_something_to_judge():
    assert len(C_SOURCES) > 20
    assert all(path.is_file() for path in SCRIPTS)


@pytest.mark.parametrize("path", C_SOURCES, ids=shown)
def test_c_file(path):
    text = path.read_text()
    code = without_comments_and_strings(text)

    assert text.startswith("/* SPDX-License-Identifier: Apache-2.0 */\n")
    assert len(text.splitlines()) <= MAX_FILE
    assert [f for f in functions(text) if f[1] > MAX_FUNCTION] == []
    assert not re.search(r"\bgoto\b", code)
    if path.suffix == ".h":
        assert "#pragma once" in text
    elif shown(path).startswith(("client/", "introspection/", "service/")):
        assert re.search(r"^#include +(.*)$", text, flags=re.MULTILINE)[1] == '"config.h"'


@pytest.mark.parametrize("path", SCRIPTS, ids=shown)
def test_script_has_licence(path):
    assert "SPDX-License-Identifier: Apache-2.0" in "".join(path.open().readlines()[:3])


def security_comments():
    """Yields (place, comment) for each comment that records a security decision."""
    for path in C_SOURCES:
        text = path.read_text()
        for match in re.finditer(r"/\*(?:(?!\*/).)*?SECURITY:.*?\*/", text, flags=re.DOTALL):
            line = text.count("\n", 0, match.start()) + 1
            yield pytest.param(match.group(), id=f"{shown(path)}:{line}")


TEST_NAMES = set(re.findall(r"\btest_\w+", "".join(
    path.read_text() for path in find(".py", ".c") if "tests" in path.parts
)))


@pytest.mark.parametrize("comment", security_comments())
def test_security_decision_names_its_test(comment):
    files = re.findall(r"tests/[\w./-]+\.(?:py|c|sh)", comment)
    names = re.findall(r"(?<!/)\btest_\w+", comment)
    missing = [f for f in files if not (SOURCE / f).is_file()] + [n for n in names if n not in TEST_NAMES]
    assert files or names, "the comment names no test"
    assert not missing


def test_c_format():
    program = shutil.which("clang-format")
    if program is None:
        pytest.skip("clang-format is not installed")
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    major = int(re.search(r"version (\d+)", version)[1])
    if major != CLANG_FORMAT_VERSION:
        pytest.skip(f"clang-format is version {major}, the layout is that of {CLANG_FORMAT_VERSION}")
    files = [str(path) for path in C_SOURCES if path.suffix == ".c"]
    result = subprocess.run(
        [program, "--dry-run", "--Werror", "--style=file", *files], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr[:4000]
