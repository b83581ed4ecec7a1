# SPDX-License-Identifier: Apache-2.0
"""The policy file and the table of privileges say the same, and no default is careless."""

import os
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

SOURCE = Path(os.environ["INNER_TEST_SOURCE"])
PREFIX = Path(os.environ["INNER_TEST_PREFIX"])
POLICY = SOURCE / "data/org.inner.sandbox.policy.in"
INSTALLED = PREFIX / "share/polkit-1/actions/org.inner.sandbox.policy"
ACTION = "org.inner.sandbox."


def actions(path=POLICY):
    builder = ElementTree.TreeBuilder(insert_comments=True)
    tree = ElementTree.parse(path, ElementTree.XMLParser(target=builder))
    return tree.getroot().findall("action")


def table():
    """The rows of service/policy/inner-privileges.c: key -> sentence."""
    header = (SOURCE / "service/policy/inner-privileges.h").read_text()
    keys = dict(re.findall(r'#define (INNER_PRIVILEGE_\w+)\s+"([^"]+)"', header))
    code = (SOURCE / "service/policy/inner-privileges.c").read_text()
    rows = re.findall(r'ROW \((INNER_PRIVILEGE_\w+),\s*N_ \(((?:"[^"]*"\s*)+)\)', code)
    return {keys[macro]: "".join(re.findall(r'"([^"]*)"', text)) for macro, text in rows}


def test_every_privilege_is_an_action_with_the_same_sentence():
    assert len(table()) == 13
    assert {a.get("id"): a.findtext("description") for a in actions()} == {
        ACTION + key: sentence for key, sentence in table().items()
    }


@pytest.mark.parametrize("action", actions(), ids=lambda action: action.get("id"))
def test_action(action):
    assert action[0].tag is ElementTree.Comment and "SECURITY: " in action[0].text
    assert re.search(r"attacks? \d", action[0].text)
    assert action.findtext("message").startswith("Authentication is required to let ")
    defaults = {element.tag: element.text for element in action.find("defaults")}
    assert defaults["allow_any"] == defaults["allow_inactive"] == "auth_admin"
    assert defaults["allow_active"] in ("auth_self", "auth_admin")


@pytest.mark.parametrize("key", ["docker-socket", "writable-system"])
def test_what_means_root_takes_an_administrator(key):
    (action,) = [a for a in actions() if a.get("id") == ACTION + key]
    assert action.find("defaults").findtext("allow_active") == "auth_admin"


def test_the_installed_file_has_every_action():
    assert [a.get("id") for a in actions(INSTALLED)] == [a.get("id") for a in actions()]


def test_the_installed_file_speaks_every_language():
    languages = [
        line for line in (SOURCE / "po/LINGUAS").read_text().split("\n")
        if line and not line.startswith("#")
    ]
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    for action in actions(INSTALLED):
        for tag in ("description", "message"):
            assert {e.get(lang) for e in action.findall(tag)} == {None, *languages}
