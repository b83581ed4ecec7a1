# SPDX-License-Identifier: Apache-2.0
"""innerctl verify: a real sandbox judged from inside. That each look catches what it looks for is proven in
tests/unit/test_probe.py; here is what profiles break, what is allowed, and the report."""

import json
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest
from conftest import PATIENCE, PREFIX, one_sentence

# Those with containers need privileges: tests/polkit/ and tests/system/ start them.
BUILTIN = sorted(path.stem for path in (PREFIX / "share/inner/profiles").glob("*.xml") if "containers" not in path.stem)


def verify(inner, *words, code=0, **how):
    done = inner("verify", "--json", *words, **how)
    assert done.returncode == code, (done.returncode, done.stdout[-3000:], done.stderr)
    return json.loads(done.stdout)


def bad(report):
    return {check["id"]: check for check in report["checks"] if check["status"] in ("fail", "error")}


def profile(inner, text, name="mine"):
    directory = inner.home / ".config/inner/profiles"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{name}.toml").write_text(text)
    return directory / f"{name}.toml"


@pytest.mark.parametrize("network", [[], ["--network-mode", "off"]])
@pytest.mark.parametrize("name", BUILTIN)
def test_built_in_profiles_are_clean(bus, name, network):
    report = verify(bus, "-p", name, *network, "--strict")
    assert report["conformant"] and not bad(report)
    assert len(report["checks"]) > 300


def test_a_private_service_judges_too(private):
    assert verify(private, "-p", "claude-one-shot", "--strict")["conformant"]


def test_host_network_is_information(inner):
    """Without polkit it is refused; with it, what is open is told and named."""
    assert inner("verify", "-p", "shell-oneshot", "--network-mode", "host").returncode == 126


def test_every_severity_and_status_is_a_known_word(inner):
    report = verify(inner, "-p", "shell-oneshot")
    assert {check["severity"] for check in report["checks"]} <= {"critical", "high", "medium", "low", "info"}
    assert {check["status"] for check in report["checks"]} <= {"pass", "info"}
    assert all(check["detail"] and check["sentence"] for check in report["checks"])


def test_nothing_is_left_and_nothing_changed(inner):
    (inner.work / ".git/hooks").mkdir(parents=True)
    (inner.work / ".git/config").write_text("[core]\n")
    before = sorted(str(p) for p in inner.work.rglob("*"))
    verify(inner, "-p", "shell-oneshot")
    assert sorted(str(p) for p in inner.work.rglob("*")) == before
    assert (inner.work / ".git/config").read_text() == "[core]\n"


def test_a_secret_in_the_environment(inner):
    """Of severity medium: conformant, unless one is strict; and allowed where the profile says so."""
    profile(inner, 'extends = "shell-oneshot"\n[env]\ninherit = ["API_TOKEN", "TERM"]\n')
    how = {"env": {"API_TOKEN": "abcdefgh"}}
    found = bad(verify(inner, "-p", "mine", **how))
    assert list(found) == ["environment"] and "API_TOKEN" in found["environment"]["detail"]
    assert "abcdefgh" not in json.dumps(found)
    verify(inner, "-p", "mine", "--strict", code=2, **how)
    profile(inner, 'extends = "shell-oneshot"\n[env]\ninherit = ["API_TOKEN"]\n[sandbox]\nallow = ["env-secrets"]\n')
    report = verify(inner, "-p", "mine", "--strict", **how)
    check, = [c for c in report["checks"] if c["id"] == "environment"]
    assert check["status"] == "info" and "env-secrets" in check["detail"]


def test_the_suggestion_mends_it(inner):
    path = profile(inner, 'extends = "shell-oneshot"\n[env]\ninherit = ["API_TOKEN", "EDITOR"]\n')
    how = {"env": {"API_TOKEN": "abcdefgh", "EDITOR": "vi"}}
    suggestion = bad(verify(inner, "-p", "mine", **how))["environment"]["suggestion"]
    path.write_text('extends = "shell-oneshot"\n' + suggestion)
    assert not bad(verify(inner, "-p", "mine", "--strict", **how))
    assert b"EDITOR" in inner("run", "-p", "mine", "--arg", "env", **how).stdout


def test_custom_checks(inner):
    profile(inner, 'extends = "shell-oneshot"\n[[verify.custom.checks]]\nname = "good"\ncmd = "true"\nseverity = "critical"\n'
            '[[verify.custom.checks]]\nname = "noted"\ncmd = "false"\nseverity = "info"\n'
            '[[verify.custom.checks]]\nname = "small"\ncmd = "exit 4"\nseverity = "low"\n')
    report = verify(inner, "-p", "mine")
    status = {c["id"]: c["status"] for c in report["checks"] if c["id"].startswith("custom:")}
    assert status == {"custom:good": "pass", "custom:noted": "info", "custom:small": "fail"}
    profile(inner, 'extends = "shell-oneshot"\n[[verify.custom.checks]]\nname = "bad"\ncmd = "test -e /nowhere"\nseverity = "high"\n')
    assert not verify(inner, "-p", "mine", code=1)["conformant"]
    profile(inner, 'extends = "shell-oneshot"\n[[verify.custom.checks]]\nname = "slow"\ncmd = "sleep 100"\nseverity = "high"\n')
    found = bad(verify(inner, "-p", "mine", code=1))
    assert found["custom:slow"]["status"] == "error"


def test_a_forged_answer_is_no_pass(inner):
    """A command of the profile writes answers in place of the probe: each check then has two."""
    forge = "for p in /proc/[0-9]*; do printf '0\\\\000pass\\\\000x\\\\000' > $p/fd/1; done 2>/dev/null; true"
    profile(inner, f'extends = "shell-oneshot"\n[[verify.custom.checks]]\nname = "forge"\ncmd = """{forge}"""\nseverity = "info"\n')
    done = inner("verify", "--json", "-p", "mine")
    first = json.loads(done.stdout)["checks"][0]
    assert first["status"] == "error" or first["detail"] != "x", first


def test_text(inner):
    done = inner("verify", "-p", "shell-oneshot", "-e", "MY_SECRET=abcdefgh", "--suggest")
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 0
    assert lines[0].startswith("[!!] medium") and "environment" in lines[0]
    assert lines[-1].startswith("conformant: ")
    everything = inner("verify", "-p", "shell-oneshot", "-a").stdout.decode()
    assert everything.count("\n[ok]") + everything.startswith("[ok]") > 100


def test_junit_agrees(inner):
    profile(inner, 'extends = "shell-oneshot"\n[[verify.custom.checks]]\nname = "a <b> & \\"c\\""\ncmd = "false"\nseverity = "high"\n')
    done = inner("verify", "-p", "mine", "--junit")
    suite = ElementTree.fromstring(done.stdout).find("testsuite")
    report = verify(inner, "-p", "mine", code=1)
    assert done.returncode == 1
    assert int(suite.get("tests")) == len(suite.findall("testcase")) == len(report["checks"])
    assert int(suite.get("failures")) == len(suite.findall("testcase/failure")) == 1
    assert 'a <b> & "c"' in suite.find("testcase[failure]").get("name")


def test_sarif_agrees(inner):
    done = inner("verify", "-p", "shell-oneshot", "--sarif", "-e", "MY_SECRET=abcdefgh")
    run, = json.loads(done.stdout)["runs"]
    assert json.loads(done.stdout)["version"] == "2.1.0"
    result, = run["results"]
    assert (result["ruleId"], result["level"]) == ("environment", "warning")
    assert result["ruleId"] in {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].endswith("shell-oneshot.xml")


def test_errors_are_those_of_run(inner):
    for words in (["-p", "no-such-profile"], ["--json", "--junit"], ["-m", "x"], ["word"]):
        assert inner("verify", *words).returncode == 125, words
    assert "did you mean" in one_sentence(inner("verify", "-p", "shell-onshot"))
    (inner.work / "theirs.toml").write_text('extends = "shell"\n')
    assert inner("verify", "-p", "./theirs.toml").returncode == 126


def test_options_of_the_method(bus):
    call = ["gdbus", "call", "--session", "--dest", "org.inner.Sandbox", "--object-path", "/org/inner/Sandbox",
            "--method", "org.inner.Sandbox.Verify", "shell-oneshot"]
    for options in ("{'document': <'html'>}", "{'document': <1>}", "{'strict': <true>}", "{'no-such': <1>}"):
        done = subprocess.run([*call, options], env=bus.env, capture_output=True, text=True, timeout=60 * PATIENCE)
        assert done.returncode != 0 and "InvalidOption" in done.stderr, done
    done = subprocess.run([*call, f"{{'workspace': <'{bus.work}'>, 'entrypoint': <'/bin/false'>, 'detach': <true>}}"],
                          env=bus.env, capture_output=True, text=True, timeout=60 * PATIENCE)
    assert "'conformant': <true>" in done.stdout, done


def test_it_is_recorded_as_what_it_is(inner):
    verify(inner, "-p", "shell-oneshot")
    run, = json.loads(inner("log", "list", "--json").stdout)
    assert run["command"] == ["/run/inner/inner-probe"] and run["state"] == "exited"
