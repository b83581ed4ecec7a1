# SPDX-License-Identifier: Apache-2.0
"""Attack 60: configuration that other agents obey, or run programs from, when they start in the workspace."""

from guards import listing, outside, run, scratch_copy, told

REVERTED = [".claude/settings.json", ".claude/settings.local.json", ".claude/hooks/x.sh", ".claude/commands/x.md", ".claude/agents/x.md",
            ".claude/skills/x/SKILL.md", ".mcp.json", ".codex/config.toml", ".cursor/mcp.json", ".cursor/rules/x.mdc",
            ".cursor/hooks.json", ".gemini/settings.json", ".opencode/plugin/x.js", "opencode.json", ".aider.conf.yml",
            ".windsurf/rules/x.md", ".cursorrules", ".roo/mcp.json", ".kiro/settings/mcp.json", ".amazonq/mcp.json",
            ".continue/config.yaml", ".copilot/mcp-config.json", ".inner/profiles/x.toml"]
TOLD = ["AGENTS.md", "CLAUDE.md", "GEMINI.md", "CLAUDE.local.md", ".github/copilot-instructions.md"]
SCRIPT = "".join(f"mkdir -p $(dirname {path}); echo evil > {path};" for path in REVERTED + TOLD)


def test_settings_are_taken_away_and_instructions_told(inner):
    copy = scratch_copy(inner)
    assert outside(inner, SCRIPT, copy).returncode == 0
    assert all((copy / path).is_file() for path in REVERTED + TOLD)
    result = run(inner, SCRIPT)
    left = {path for path, (mode, content) in listing(inner.work).items() if content is not None}
    assert left == set(TOLD)
    for path in TOLD:
        assert told(result, inner.work / path), path


def test_below_other_directories_it_is_told(inner):
    """Agents look there when somebody starts them there."""
    result = run(inner, "mkdir -p a/b/.claude; echo '{}' > a/b/.claude/settings.json; echo '{}' > a/b/.mcp.json; sleep 1")
    assert told(result, inner.work / "a/b/.claude") and told(result, inner.work / "a/b/.mcp.json")
