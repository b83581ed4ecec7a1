# SPDX-License-Identifier: Apache-2.0
"""Attacks 33 and 34: a path that is one thing when it is judged and another when it is mounted."""

import os
import threading
import time

import pytest


# A thousand starts in all.
STARTS = 250


@pytest.mark.parametrize("way", ["workspace", "ro", "rw", "copy"])
def test_a_swapped_source_never_leads_elsewhere(bus, way):
    """A path flips between a directory and a link to a forbidden place while sandboxes start."""
    good = bus.root / "good"
    good.mkdir()
    (good / "good").write_text("")
    secret = bus.home / ".ssh"
    secret.mkdir()
    (secret / "id_ed25519").write_text("secret")
    flip = bus.root / "flip"
    spare = bus.root / "spare"
    stop = threading.Event()
    options = ["-w", flip] if way == "workspace" else ["-m", f"{flip}:/workspace:{way}", "--no-workspace"]

    def swap():
        while not stop.is_set():
            for target in (good, secret):
                spare.symlink_to(target)
                os.rename(spare, flip)
                time.sleep(0.0005)  # the machine has few processors

    flip.symlink_to(good)
    thread = threading.Thread(target=swap)
    thread.start()
    outcomes = set()
    try:
        for _ in range(STARTS):
            done = bus("run", "-p", "shell-oneshot", *options, "--arg", "ls -A /workspace")
            assert b"id_ed25519" not in done.stdout, "the secret directory became the workspace"
            outcomes.add((done.returncode, done.stdout))
    finally:
        stop.set()
        thread.join()
    # Both sides of the race were seen: mounted as the good one, or refused by name.
    assert outcomes == {(0, b"good\n"), (125, b"")}, outcomes


def test_a_link_in_the_workspace_leads_nowhere(inner):
    outside = inner.root / "outside"
    outside.write_text("secret")
    (inner.work / "link").symlink_to(outside)
    (inner.work / "etc").symlink_to("/etc/shadow")
    done = inner.run("cat link etc; echo more >> link")
    assert b"secret" not in done.stdout
    assert outside.read_text() == "secret"


def test_no_hard_link_to_the_outside(inner):
    done = inner.run("ln /etc/passwd here; echo $?; ln /usr/bin/env here; echo $?")
    assert done.stdout.split() == [b"1", b"1"], done
    assert not (inner.work / "here").exists()
