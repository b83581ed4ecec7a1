# SPDX-License-Identifier: Apache-2.0
"""Attack 61: build files that the person runs later. This cannot be stopped: changing them is what a sandbox is started
for. What is tested is that what the documentation promises instead is true: they are not reverted, and SECURITY.md
says so; whoever wants to be asked guards them."""

from conftest import SOURCE
from guards import run, told, write_profile

FILES = ["Makefile", "package.json", "setup.py", "conftest.py", ".github/workflows/ci.yml", ".pre-commit-config.yaml", "build.gradle"]
SCRIPT = "".join(f"mkdir -p $(dirname {path}); echo changed > {path};" for path in FILES)


def test_honest_work_stays(inner):
    result = run(inner, SCRIPT)
    assert result.returncode == 0
    assert [path for path in FILES if (inner.work / path).read_text() != "changed\n"] == []


def test_it_is_said():
    text = (SOURCE / "SECURITY.md").read_text()
    assert "Makefile" in text.split("Not guarded:")[1] and "package.json" in text.split("Not guarded:")[1]
    assert "**The workspace is given away.**" in text


def test_who_wants_to_be_asked_guards_them(inner):
    (inner.work / "Makefile").write_text("mine\n")
    profile = write_profile(inner, "careful", 'guard = ["Makefile", "package.json"]')
    result = run(inner, SCRIPT, profile=profile)
    assert (inner.work / "Makefile").read_text() == "mine\n" and not (inner.work / "package.json").exists()
    assert told(result, inner.work / "Makefile")
