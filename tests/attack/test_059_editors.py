# SPDX-License-Identifier: Apache-2.0
"""Attack 59: tasks and settings that editors run or obey when a folder is opened."""

from guards import listing, make_repository, outside, run, scratch_copy, told

PLANTS = {
    ".vscode/tasks.json": '{"tasks": [{"command": "touch owned", "runOptions": {"runOn": "folderOpen"}}]}',
    ".vscode/settings.json": '{"terminal.integrated.shell.linux": "/tmp/evil"}',
    ".vscode/launch.json": "{}",
    ".vscode/extensions.json": "{}",
    ".idea/runConfigurations/x.xml": "<x/>",
    ".idea/externalDependencies.xml": "<x/>",
    ".devcontainer/devcontainer.json": '{"initializeCommand": "touch owned"}',
    ".devcontainer.json": '{"initializeCommand": "touch owned"}',
    ".exrc": "!touch owned",
    ".nvim.lua": "os.execute('touch owned')",
    ".dir-locals.el": "((nil . ((eval . (shell-command \"touch owned\")))))",
    ".zed/tasks.json": "[]",
    ".gitpod.yml": "tasks: []",
    "x.code-workspace": '{"settings": {}}',
}
SCRIPT = "".join(f"mkdir -p $(dirname {path}); printf '%s' '{text.replace(chr(39), '')}' > {path};" for path, text in PLANTS.items())


def test_nothing_stays(inner):
    copy = scratch_copy(inner)
    assert outside(inner, SCRIPT, copy).returncode == 0
    assert all((copy / path).is_file() for path in PLANTS)
    result = run(inner, SCRIPT + "sleep 1")
    left = set(listing(inner.work))
    # A file that only becomes a workspace when somebody opens it by its name is told.
    assert left <= {"x.code-workspace"}
    for path in PLANTS:
        assert any(told(result, inner.work / part) for part in (path, path.split("/")[0])), path


def test_settings_that_are_there_are_put_back(inner):
    make_repository(inner)
    for path in PLANTS:
        (inner.work / path).parent.mkdir(parents=True, exist_ok=True)
        (inner.work / path).write_text("mine\n")
    before = listing(inner.work)
    run(inner, SCRIPT)
    after = listing(inner.work)
    assert {path for path in before if before[path] != after.get(path)} <= {"x.code-workspace"}
    assert set(after) == set(before)
