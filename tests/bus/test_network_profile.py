# SPDX-License-Identifier: Apache-2.0
"""AllowDestination for the profile: what is written where, and what is not. Nothing here reaches anything."""

import json
import subprocess
import tomllib
import xml.etree.ElementTree as ElementTree

import pytest
from conftest import PREFIX, Inner
from destinations import ALLOWLIST, SHELL, Box, give_profiles, refused


@pytest.fixture
def person(sandboxes_possible):
    person = Inner("bus", "allow")
    give_profiles(person)
    yield person
    person.close()


def own(person, name):
    return (person.home / ".config/inner/profiles" / name).read_text()


def test_comments_stay(person):
    text = ('# mine\n[sandbox] # here\nnetwork_mode = "allowlist"\nnetwork_allow = [\n  "six.test", # six\n'
            '  "a.test" # the last\n]\n' + SHELL)
    (person.home / ".config/inner/profiles/narrow.toml").write_text(text)
    with Box(person) as box:
        box.allow("www.allowed.test:7", "profile")
    assert own(person, "narrow.toml") == text.replace('"a.test" # the last\n', '"a.test", # the last\n  "www.allowed.test:7",\n')


def test_in_its_own_notation(person):
    directory = person.home / ".config/inner/profiles"
    (directory / "narrow.toml").unlink()
    (directory / "narrow.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<profile name="narrow" version="1">\n  <!-- mine -->\n  <sandbox>\n'
        '    <network mode="allowlist"/>\n  </sandbox>\n  <entrypoint>\n    <cmd>sh</cmd>\n    <args>\n      <arg>-c</arg>\n'
        '    </args>\n    <interactive>false</interactive>\n  </entrypoint>\n</profile>\n')
    with Box(person) as box:
        box.allow("www.allowed.test", "profile")
        box.allow("evil.test", "profile")
    text = own(person, "narrow.xml")
    hosts = [h.text for h in ElementTree.fromstring(text).findall("sandbox/network/allow/host")]
    assert hosts == ["www.allowed.test", "evil.test"]
    assert "<!-- mine -->" in text
    assert "\n      <allow>\n        <host>www.allowed.test</host>\n        <host>evil.test</host>\n      </allow>\n    </network>\n" in text


def test_a_profile_of_inner(person):
    """The user gets one of the same name that extends it."""
    with Box(person, "shell-oneshot", "--allow-host", "six.test") as box:
        box.allow("www.allowed.test", "profile")
        box.allow("evil.test", "profile")
    text = own(person, "shell-oneshot.toml")
    assert tomllib.loads(text) == {"extends": [str(PREFIX / "share/inner/profiles/shell-oneshot.xml")],
                                   "sandbox": {"network_allow": ["www.allowed.test", "evil.test"]}}
    plan = json.loads(person("run", "-n", "--json", "-p", "shell-oneshot", "--network", "--arg", "true").stdout)
    assert plan["network"] == "allowlist" and plan["allow-hosts"] == ["www.allowed.test", "evil.test"]


def test_profile_of_a_project_is_not_changed(person):
    path = person.work / "given.toml"
    path.write_text(ALLOWLIST + SHELL)
    assert person("profile", "trust", "--sha256", subprocess.run(["sha256sum", path], capture_output=True, text=True)
                  .stdout.split()[0], path).returncode == 0
    asked = len(person.asked_polkit())
    with Box(person, str(path)) as box:
        with refused("ProfileUntrusted", "no profile of your own"):
            box.allow("www.allowed.test", "profile")
        assert path.read_text() == ALLOWLIST + SHELL
        assert box.get("Allowed") == []
    assert len(person.asked_polkit()) == asked
