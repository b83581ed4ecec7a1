# SPDX-License-Identifier: Apache-2.0
"""Attack 35: a guarded file replaced by a link to a secret; what is kept and told is the link, never what it
leads to. Also where the workspace is on another file system, so that keeping means copying."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from guards import kept, run, told

SECRET = "the secret of the host"


@pytest.fixture(params=["same", "other"])
def workspace(request, inner):
    if request.param == "same":
        yield inner.work
        return
    if os.stat("/dev/shm").st_dev == inner.home.stat().st_dev:
        pytest.skip("/dev/shm is on the same file system")
    # The workspace belongs to the disk, and what is kept to another file system.
    directory = Path(tempfile.mkdtemp(prefix="inner-guard-", dir="/dev/shm"))
    (inner.home / ".local").mkdir()
    (inner.home / ".local/state").symlink_to(directory)
    yield inner.work
    shutil.rmtree(directory, ignore_errors=True)


def test_link_to_a_secret_is_not_followed(inner, workspace):
    secret = inner.root / "secret"
    secret.write_text(SECRET)
    (workspace / ".envrc").write_text("mine\n")
    (workspace / ".vscode").mkdir()
    (workspace / ".vscode/tasks.json").write_text("{}\n")
    result = run(inner, f"ln -sf {secret} .envrc; rm -r .vscode; ln -s {inner.root} .vscode; "
                        f"mkdir .idea; ln -s {secret} .idea/link", workspace=workspace)
    assert result.returncode == 0, result.stderr
    assert not (workspace / ".envrc").is_symlink() and (workspace / ".envrc").read_text() == "mine\n"
    assert (workspace / ".vscode").is_dir() and not (workspace / ".vscode").is_symlink()
    assert os.listdir(workspace / ".vscode") == ["tasks.json"]
    assert not (workspace / ".idea").exists()
    assert told(result, workspace / ".envrc")
    for path in (inner.home / ".local/state/inner").rglob("*"):
        if path.is_file() and not path.is_symlink():
            assert SECRET not in path.read_text()
    assert {".envrc", ".vscode", ".idea"} <= set(kept(inner))
    assert secret.read_text() == SECRET
    assert sorted(os.listdir(workspace)) == [".envrc", ".vscode"]
