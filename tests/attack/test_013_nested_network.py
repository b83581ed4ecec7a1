# SPDX-License-Identifier: Apache-2.0
"""Attack 13 on the network: a sandbox that may make user namespaces (nested-user-ns) is root in those, and still has the
gateway and nothing else. Needs root for polkitd, as test_polkitd.py does."""

import shutil

import pytest
from conftest import PREFIX
from internet import OTHER, PUBLIC
from ordinary_user import USER
from with_polkitd import RULE, WHY_NOT, WithPolkitd

pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)

NESTED = RULE.replace("host-network", "nested-user-ns")
CURL = "curl -sS -m 20 http://www.allowed.test"


@pytest.fixture
def online(internet, sandboxes_possible):
    person = WithPolkitd()
    person.start_polkitd(NESTED % (USER.pw_name, "YES"))
    yield person
    person.close()


def nested(person, script, *hosts):
    hosts = hosts or ["--allow-host", "www.allowed.test"]
    return person.run(script, "--allow", "nested-user-ns", *hosts)


def test_gateway_in_nested_namespaces(online):
    done = nested(online, f"{CURL}; unshare --map-root-user {CURL}; unshare --map-root-user --net {CURL} || echo none")
    assert done.stdout.decode() == f"this is {PUBLIC} port 80\n" * 2 + "none\n", done.stderr


@pytest.mark.parametrize("hosts", [["--allow-host", "www.allowed.test:80", "--allow-host", "www.allowed.test:8080"],
                                   ["--network-mode", "open"]], ids=["allowlist", "open"])
def test_root_in_there_cannot_change_the_network(online, internet, hosts):
    """Routes, addresses, tables and ports of the sandbox belong to the namespace outside of theirs."""
    before = internet.contacted("127.0.0.1")
    changes = ["ip route flush table local", "ip link set lo down", "ip address add 1.2.3.4/32 dev lo",
               "nft flush ruleset" if shutil.which("nft") else "false",
               "python3 -c 'import socket; socket.create_server((\"\", 79))'"]
    script = "unshare --map-root-user --net ip link set lo up && echo can; " + "; ".join(f"unshare --map-root-user {change} 2>/dev/null && echo changed" for change in changes)
    done = nested(online, f"{script}; {CURL}; curl -sS -m 5 http://127.0.0.1/", *hosts)
    assert done.stdout.decode() == f"can\nthis is {PUBLIC} port 80\n", done.stderr
    assert internet.contacted("127.0.0.1") == before


def test_without_the_privilege_there_are_none(online, internet):
    before = internet.contacted(OTHER)
    done = online.run(f"unshare --map-root-user {CURL} || echo none", "--allow-host", "www.allowed.test")
    assert done.stdout == b"none\n", done.stderr
    assert internet.contacted(OTHER) == before
