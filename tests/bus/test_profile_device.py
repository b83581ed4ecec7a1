# SPDX-License-Identifier: Apache-2.0
"""Devices under the name of a profile: only root can make one, and reading it may never end."""

import subprocess

import pytest
from conftest import one_sentence

# /dev/zero, which has no end, and a loop device, whose bytes are somebody else's.
DEVICES = {"character": ("c", "1", "5"), "block": ("b", "7", "0")}


@pytest.mark.parametrize("kind", DEVICES)
@pytest.mark.parametrize("place", ["home/.config/inner/profiles", "work/.inner/profiles"])
def test_device(inner, kind, place):
    path = inner.root / place / "device.toml"
    path.parent.mkdir(parents=True)
    made = subprocess.run(["mknod", path, *DEVICES[kind]], capture_output=True, text=True)
    if made.returncode != 0:
        pytest.skip(f"no device can be made here: {made.stderr.strip()}")
    for command in (["profile", "show", "device"], ["run", "-p", "device"], ["run", "-n", "-p", path]):
        result = inner(*command)
        assert (result.returncode, one_sentence(result)) == \
            (125, f"innerctl: {path}:1:1: This is a device; a profile must be a regular file")
    assert b"This is a device" in inner("profile", "list").stdout
