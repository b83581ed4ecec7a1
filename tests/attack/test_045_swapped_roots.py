# SPDX-License-Identifier: Apache-2.0
"""Attack 45: putting back through a link, or into another directory that stands now where the workspace stood."""

import os

from conftest import eventually
from guards import listing, make_repository

PLANT = "echo evil > .envrc; echo evil > .tool-versions; mkdir -p .vscode; echo evil > .vscode/tasks.json; "


def precious(inner):
    other = inner.root / "precious"
    (other / "sub").mkdir(parents=True)
    (other / ".envrc").write_text("precious\n")
    (other / "sub/tasks.json").write_text("precious\n")
    return other


def test_directories_swapped_for_links_from_inside(inner):
    """What the comparison would write into leads elsewhere when it comes."""
    other = precious(inner)
    (inner.work / ".vscode").mkdir()
    (inner.work / ".vscode/tasks.json").write_text("mine\n")
    before = listing(other)
    inner("run", "-p", "shell-oneshot", "-w", inner.work, "--arg",
          f"cd {inner.work}; rm -r .vscode; ln -s {other}/sub .vscode; ln -s {other}/.envrc .envrc; ln -s {other} .claude")
    assert listing(other) == before
    assert listing(inner.work)[".vscode/tasks.json"][1] == b"mine\n"
    assert sorted(os.listdir(inner.work)) == [".vscode"]


def test_the_workspace_is_another_directory_at_the_end(inner):
    """The person's host is swapped while the sandbox runs: what is put back is in what was mounted."""
    make_repository(inner)
    other = precious(inner)
    before = listing(other)
    process = inner.popen("run", "-p", "shell-oneshot", "-w", inner.work, "--arg", f"cd {inner.work}; {PLANT} echo go; read x",
                          stdin=-1, stdout=-1, stderr=-1)
    assert process.stdout.readline() == b"go\n"
    moved = inner.root / "moved"
    os.rename(inner.work, moved)
    inner.work.symlink_to(other)
    process.communicate(b"\n", timeout=30)
    assert listing(other) == before
    assert eventually(lambda: not (moved / ".envrc").exists() and not (moved / ".vscode").exists())
    inner.work.unlink()
    os.rename(moved, inner.work)
