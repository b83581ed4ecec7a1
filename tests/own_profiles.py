# SPDX-License-Identifier: Apache-2.0
"""The directory of a person's own profiles, for the tests of the verbs that write there."""

import hashlib

import pytest

ONESHOT = 'schema_version = "1"\nextends = "shell-oneshot"\ndescription = "mine"\n'


@pytest.fixture
def own(inner):
    """The person's own profiles; nothing of ours may be left there but what was asked for."""
    directory = inner.home / ".config/inner/profiles"
    directory.mkdir(parents=True)
    yield directory
    assert [p.name for p in directory.iterdir() if p.name.startswith(".inner-draft")] == []


@pytest.fixture
def profile(inner):
    """Writes a profile of the person's own: shell-oneshot but for the text; and gives its name."""
    return lambda text, name="own": inner.profile(name, f"extends = 'shell-oneshot'\n{text}")


def files(directory):
    return sorted(path.name for path in directory.iterdir())


def digest_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
