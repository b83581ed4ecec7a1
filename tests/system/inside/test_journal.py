# SPDX-License-Identifier: Apache-2.0
"""What an administrator finds afterwards: the answers of polkit in the system's log, with fields of their own."""

import json
import subprocess
import time

import pytest

import person
from test_polkit import decide, with_host_network

MESSAGE = "MESSAGE_ID=6f0c2c1d4b0e4f3f8d0f0f5a1f2e7a53"


@pytest.fixture(autouse=True)
def no_rule():
    yield
    decide(None)


def entries(since):
    text = subprocess.run(["journalctl", "-o", "json", "--no-pager", f"--since=@{since}", MESSAGE],
                          capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("rule, answer, code", [("YES", "granted", 0), ("NO", "refused", 126)])
def test_answers_are_in_the_journal(rule, answer, code):
    decide(rule)
    since = int(time.time())
    assert with_host_network().returncode == code
    end = time.monotonic() + person.PATIENCE
    while not (found := entries(since)) and time.monotonic() < end:
        time.sleep(0.5)
    entry = found[-1]
    assert (entry["INNER_PRIVILEGE"], entry["INNER_ANSWER"]) == ("host-network", answer)
    assert entry["INNER_ACTION"] == "org.inner.sandbox.host-network"
    assert int(entry["INNER_CALLER_UID"]) == person.USER.pw_uid and int(entry["INNER_CALLER_PID"]) > 1
    assert entry["INNER_ANSWERED_BY"] and "host-network" in entry["MESSAGE"]
    assert int(entry["_UID"]) == person.USER.pw_uid
