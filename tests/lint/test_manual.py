# SPDX-License-Identifier: Apache-2.0
"""The manual pages and the README against the program: verbs, options, examples, and what this version leaves out.

tests/unit/test-manual.c holds the tables of keys in inner-profile(5) against those in C."""

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import PREFIX, Inner

SOURCE = Path(os.environ["INNER_TEST_SOURCE"])
MANUAL = SOURCE / "data/man"
PAGES = sorted(MANUAL.glob("*.rst"))
INNERCTL = (MANUAL / "innerctl.1.rst").read_text()
PROFILE = (MANUAL / "inner-profile.5.rst").read_text()
# Told once, under “OPTIONS OF ALL VERBS”.
COMMON = {"--bus", "--no-bus", "--no-ask", "--verbose", "--help"}


def help_of(*words):
    done = subprocess.run(
        [PREFIX / "bin/innerctl", *words, "--help"], capture_output=True, text=True, timeout=60,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def verbs_of(*words):
    return re.findall(r"^  (\w+) +\S", help_of(*words), re.MULTILINE)


def commands():
    """Every verb, and in place of one that has verbs of its own, these."""
    for verb in verbs_of():
        if help_of(verb).startswith(f"Usage: innerctl {verb} VERB "):
            yield from (f"{verb} {subverb}" for subverb in verbs_of(verb))
        else:
            yield verb


def options_of_help(command):
    """The options as the page writes them: ("-p", "--profile"), ("", "--json")."""
    text = help_of(*command.split())
    found = re.findall(r"^  (?:(-\w), )?(--[\w-]+)", text, re.MULTILINE)
    return {(short, option) for short, option in found}


def sections(text):
    """The text below each heading that is underlined with hyphens."""
    parts = re.split(r"^(\S.*)\n-+\n", text, flags=re.MULTILINE)
    return {title: re.split(r"^\S.*\n=+\n", body, flags=re.MULTILINE)[0]
            for title, body in zip(parts[1::2], parts[2::2])}


def options_of_page(body):
    """What begins an item of an option list."""
    found = set()
    for line in re.findall(r"^-.*$", body, re.MULTILINE):
        short = re.search(r"^(-\w)\b", line)
        option = re.search(r"(?:^|, )(--[\w-]+)(?=[= ]|$)", line)
        found.add((short[1] if short else "", option[1]))
    return found


VERBS = {title: body for title, body in sections(INNERCTL).items() if re.fullmatch(r"[a-z]+( [a-z]+)?", title)}


def test_every_verb_is_told():
    assert sorted(VERBS) == sorted(commands())


@pytest.mark.parametrize("command", VERBS)
def test_every_option_is_told(command):
    program = options_of_help(command)
    own = {pair for pair in program if pair[1] not in COMMON}
    assert options_of_page(VERBS[command]) == own
    assert {option for _, option in program} >= COMMON
    assert f"**innerctl {command}**" in VERBS[command], "no synopsis"


def test_common_options_are_told():
    body = INNERCTL.split("OPTIONS OF ALL VERBS")[1].split("\nSANDBOXES\n")[0]
    assert {option for _, option in options_of_page(body)} == COMMON


def test_every_variable_is_told():
    names = set()
    for path in (SOURCE / "client").glob("*.c"):
        names |= set(re.findall(r'g_getenv \("(\w+)"\)', path.read_text()))
    assert "DBUS_SESSION_BUS_ADDRESS" in names
    told = INNERCTL.split("\nENVIRONMENT\n")[1].split("\nFILES\n")[0]
    assert [name for name in names | {"VISUAL", "EDITOR", "NO_COLOR"} if f"``{name}``" not in told] == []


def examples():
    """The lines of innerctl in the literal blocks of all pages, and those of the README."""
    for path in PAGES:
        for line in re.findall(r"^    .*\binnerctl .*$", path.read_text(), re.MULTILINE):
            if "``" not in line and "**" not in line:
                yield pytest.param(line.strip(), id=line.strip())
    for block in re.findall(r"^```\w+\n(.*?)^```$", (SOURCE / "README.md").read_text(), re.MULTILINE | re.DOTALL):
        for line in re.findall(r"^.*(?:\binnerctl|\./quickstart) .*$", block, re.MULTILINE):
            yield pytest.param(line, id=f"README: {line}")


@pytest.mark.parametrize("line", examples())
def test_example_uses_what_there_is(line):
    words = shlex.split(re.search(r"(?:\binnerctl|\./quickstart) (.*)", line)[1], comments=True)
    for end in ("--", "|"):
        words = words[: words.index(end)] if end in words else words
    if words == ["test"]:
        return
    command = " ".join(words[:2]) if " ".join(words[:2]) in VERBS else words[0]
    assert command in VERBS
    known = {name for pair in options_of_help(command) for name in pair}
    assert [word for word in words if word.startswith("-") and word.split("=")[0] not in known] == []


def documents(kind):
    """The literal blocks that follow a comment “kind: NAME”."""
    pattern = rf"^\.\. {kind}: (\S+)\n\n::\n\n((?:    .*\n|\n)+)"
    return {name: re.sub(r"^    ", "", text, flags=re.MULTILINE).strip() + "\n"
            for name, text in re.findall(pattern, PROFILE, re.MULTILINE)}


@pytest.fixture
def person():
    person = Inner("private")
    yield person
    person.close()


@pytest.mark.parametrize("name", documents("profile"))
def test_profile_is_one(person, name):
    path = person.work / name
    path.write_text(documents("profile")[name])
    for source in (".m2/repository", "Projects/myapp", "Projects/mylib"):
        (person.home / source).mkdir(parents=True)
    done = person("profile", "validate", path)
    assert done.returncode == 0, done.stdout


def test_both_notations_say_the_same(person):
    values = []
    for name in ("build.toml", "build.xml"):
        (person.work / name).write_text(documents("profile")[name])
        values.append(json.loads(person("profile", "show", "--json", person.work / name).stdout)["values"])
    assert values[0] == values[1]
    assert values[0]["output.timeout_seconds"] == 1800


def test_configuration_is_one(person):
    path = person.home / ".config/inner/config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(documents("configuration")["config.toml"])
    path.parent.chmod(0o700)
    path.chmod(0o600)
    done = person("config", "show", "--json")
    assert done.returncode == 0, done.stderr
    configuration = json.loads(done.stdout)
    assert configuration["values"]["workspaces_path"] == f"{person.home}/Projects/workspaces"
    assert set(configuration["aliases"]) == {"myapp", "check"}
    assert configuration["warnings"] == []


def test_what_is_left_out_is_told():
    """The table of inner-plan-scope.c and the list at the end of the page."""
    keys = dict(re.findall(r'KEY \((\w+), "([\w.]+)"', (SOURCE / "service/profile/inner-profile-keys.c").read_text()))
    table = re.findall(r"\{ INNER_KEY_(\w+), (?:IS_\w+), (?:\"[^\"]*\"|NULL),",
                       (SOURCE / "service/plan/inner-plan-scope.c").read_text())
    assert table
    listed = PROFILE.split(".. not carried out")[1].split("\nFILES\n")[0]
    entries = dict(re.findall(r"^(\S.*)\n((?:    .*\n)+)", listed, re.MULTILINE))
    told = {word for word in re.findall(r"``([a-z_.]+)``", entries["Refused"]) if word in keys.values()}
    assert told == {keys[key] for key in table}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_is_good(page, tmp_path):
    """Neither docutils nor groff has anything to say."""
    program = shutil.which("rst2man") or shutil.which("rst2man.py")
    if program is None:
        pytest.skip("docutils is not installed")
    result = tmp_path / page.stem
    made = subprocess.run([program, "--report=1", "--halt=2", page, result], capture_output=True, text=True)
    assert (made.returncode, made.stderr) == (0, "")
    name, section = page.stem.split(".")
    assert re.search(rf'^\.TH "?{name}"? "?{section}"? ', result.read_text(), re.MULTILINE | re.IGNORECASE)
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    shown = subprocess.run(
        ["groff", "-man", "-t", "-K", "utf8", "-T", "utf8", "-w", "mac", "-w", "char", "-w", "break", result],
        capture_output=True, text=True,
    )
    assert (shown.returncode, shown.stderr) == (0, "")
    # Bold is a letter printed twice or a sequence for terminals.
    assert "SEE ALSO" in re.sub(r".\x08|\x1b\[[0-9;]*m", "", shown.stdout)
