# SPDX-License-Identifier: Apache-2.0
"""Attack 12: a setuid program left in the workspace, which others could run as the person."""

import stat

from guards import outside, run, scratch_copy, told

ATTACK = "mkdir -p deep/er; cp /usr/bin/true tool; chmod 4755 tool; cp tool deep/er/tool; chmod 6755 deep/er/tool"


def bits(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_setuid_bits_do_not_stay(inner):
    copy = scratch_copy(inner)
    assert outside(inner, ATTACK, copy).returncode == 0
    assert bits(copy / "tool") == 0o4755

    result = run(inner, ATTACK + "; stat -c %a tool")
    assert result.stdout == b"4755\n"
    assert bits(inner.work / "tool") == 0o755
    assert bits(inner.work / "deep/er/tool") == 0o755
    assert told(result, inner.work / "tool") and told(result, inner.work / "deep/er/tool")


def test_setuid_bits_at_a_guarded_path(inner):
    (inner.work / ".envrc").write_text("true\n")
    run(inner, "chmod 4755 .envrc")
    assert bits(inner.work / ".envrc") == 0o644
