# SPDX-License-Identifier: Apache-2.0
"""innerctl profile install: a document of anybody's becomes one of the person's own. What they agreed to, and
nothing else, is installed. Attacks 64, 65 and 109."""

import hashlib
import json
import os
import stat
from pathlib import Path

import pytest
from conftest import one_sentence
from https_server import Server, answer, make_certificates
from own_profiles import ONESHOT, digest_of, files, own  # noqa: F401 (a fixture)
from terminal import Terminal


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def server(certificates):
    with Server(certificates) as server:
        server.pages["/my%20own.toml"] = answer(ONESHOT.encode())
        yield server


def test_install(inner, own):
    path = inner.work / "mine.toml"
    text = "# every byte of this\r\n" + ONESHOT
    path.write_bytes(text.encode())
    done = inner("profile", "install", "mine.toml", "--sha256", f"SHA256:{digest_of(path).upper()}")
    assert (done.returncode, done.stdout) == (0, f"{own}/mine.toml\n".encode()), done
    assert (own / "mine.toml").read_bytes() == text.encode()
    assert stat.S_IMODE((own / "mine.toml").stat().st_mode) == 0o600
    shown = done.stderr.decode()
    assert str(path) in shown and digest_of(path) in shown and "It asks for:" in shown
    assert inner("run", "-p", "mine", "--arg", "true").returncode == 0


def test_install_json_and_name(inner, own):
    path = inner.work / "document"
    path.write_text('<?xml version="1.0"?>\n<profile name="x" version="1"><description>d</description></profile>\n')
    done = inner("profile", "install", path, "--name", "shell", "--json", "--sha256", digest_of(path))
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["path"] == f"{own}/shell.xml"
    assert (result["name"], result["source"], result["digest"]) == ("shell", str(path), digest_of(path))
    # It takes the place of a built-in one, and that is said.
    assert any("share/inner/profiles/shell.xml" in note for note in result["notes"])
    assert b"takes the place" in done.stderr


def test_install_needs_consent(inner, own):
    path = inner.work / "mine.toml"
    path.write_text(ONESHOT)
    for options in ([], ["--yes"], ["-y", "--force"]):
        done = inner("profile", "install", path, *options, input=b"y\ny\n")
        assert (done.returncode, done.stdout) == (126, b"")
        assert done.stderr.decode().splitlines()[-1] == (
            "innerctl: There is no terminal to ask on; read the document, then give its digest with "
            "“--sha256” (“--yes” is no consent)")
    wrong = "0" * 64
    done = inner("profile", "install", path, "--sha256", wrong)
    assert done.returncode == 126
    assert digest_of(path) in one_sentence(done)
    assert inner("profile", "install", path, "--sha256", "12").returncode == 125
    assert files(own) == []


@pytest.mark.parametrize("answer, code", [("y\n", 0), ("yes\n", 0), ("n\n", 126), ("\n", 126), ("\x04", 126),
                                          ("\x03", 126), ("sure\n", 126)])
def test_install_on_a_terminal(inner, own, answer, code):
    (inner.work / "mine.toml").write_text(ONESHOT)
    with Terminal(inner, "profile", "install", "mine.toml", "--yes") as terminal:
        assert b"It asks for:" in terminal.expect("[y/N]")
        assert files(own)[0].startswith(".inner-draft") and len(files(own)) == 1
        terminal.type(answer)
        assert terminal.end() == code, terminal.seen
    assert files(own) == (["mine.toml"] if code == 0 else [])


def test_a_pin_is_held_on_a_terminal_too(inner, own):
    path = inner.work / "mine.toml"
    path.write_text(ONESHOT)
    with Terminal(inner, "profile", "install", "mine.toml", "--sha256", "0" * 64) as terminal:
        assert terminal.end() == 126
        assert b"[y/N]" not in terminal.seen
    with Terminal(inner, "profile", "install", "mine.toml", "--sha256", digest_of(path)) as terminal:
        terminal.expect("[y/N]")
        terminal.type("n\n")
        assert terminal.end() == 126
    assert files(own) == []


def test_what_is_installed_is_what_was_shown(inner, own):
    """Attack 109: the file changes behind the question."""
    path = inner.work / "mine.toml"
    path.write_text(ONESHOT)
    with Terminal(inner, "profile", "install", "mine.toml") as terminal:
        terminal.expect("[y/N]")
        path.write_text(ONESHOT + '[sandbox]\nnetwork_mode = "host"\n')
        terminal.type("y\n")
        assert terminal.end() == 0
    assert (own / "mine.toml").read_text() == ONESHOT


def test_install_never_overwrites(inner, own):
    path = inner.work / "mine.toml"
    path.write_text(ONESHOT)
    (own / "mine.toml").write_text("old = 1\n")
    consent = ("--sha256", digest_of(path))
    done = inner("profile", "install", path, *consent)
    assert done.returncode == 125 and "exists already" in one_sentence(done)
    assert (own / "mine.toml").read_text() == "old = 1\n"
    assert inner("profile", "install", path, *consent, "--force").returncode == 0
    assert (own / "mine.toml").read_text() == ONESHOT


def test_a_profile_that_appears_behind_the_question(inner, own):
    (inner.work / "mine.toml").write_text(ONESHOT)
    with Terminal(inner, "profile", "install", "mine.toml") as terminal:
        terminal.expect("[y/N]")
        (own / "mine.toml").write_text("old = 1\n")
        terminal.type("y\n")
        assert terminal.end() == 125
    assert (own / "mine.toml").read_text() == "old = 1\n"


@pytest.mark.parametrize("text, word", [
    ("nonsense", "mine.toml:1:"), ("[sandbox]\nhoem = 1\n", "mine.toml:2:1: error"), ("\xff", "mine.toml:"),
    ('extends = "nobody"\n', "nobody"),
])
def test_install_of_what_is_invalid(inner, own, text, word):
    path = inner.work / "mine.toml"
    path.write_bytes(text.encode("latin-1"))
    done = inner("profile", "install", path, "--sha256", digest_of(path))
    assert (done.returncode, done.stdout) == (125, b"")
    assert word in done.stderr.decode(), done.stderr
    assert "draft" not in done.stderr.decode()
    assert files(own) == []


@pytest.mark.parametrize("kind", ["missing", "directory", "fifo", "device", "large"])
def test_install_of_what_is_no_document(inner, own, kind):
    path = inner.work / "mine.toml"
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        path = Path("/dev/zero")
    elif kind == "large":
        path.write_bytes(b"#" * (1024 * 1024 + 1))
    done = inner("profile", "install", path, "--name", "mine", "--sha256", "0" * 64, timeout=10)
    assert done.returncode == 125
    one_sentence(done)
    assert files(own) == []


@pytest.mark.parametrize("base", ["./base.toml", "../profiles/base.toml", "x/base"])
def test_install_refuses_bases_by_path(inner, own, base):
    """Attack 65: it would extend what lies beside its new place, and not what it was shown with."""
    for directory in (own, own / "x", inner.work, inner.work / "x", inner.root / "profiles"):
        directory.mkdir(exist_ok=True)
        (directory / "base.toml").write_text(ONESHOT)
        (directory / "base").write_text(ONESHOT)
    path = inner.work / "mine.toml"
    path.write_text(f'extends = "{base}"\n')
    done = inner("profile", "install", path, "--sha256", digest_of(path))
    assert done.returncode == 125, done
    assert not (own / "mine.toml").exists()


def test_install_tells_of_an_untrusted_base(inner, own):
    base = inner.work / "base.toml"
    base.write_text(ONESHOT)
    path = inner.work / "mine.toml"
    path.write_text(f'extends = "{base}"\n')
    done = inner("profile", "install", path, "--sha256", digest_of(path))
    assert done.returncode == 0, done.stderr
    assert f"it extends “{base}”, which needs an approval of its own" in done.stderr.decode()
    assert inner("run", "-p", "mine", "--arg", "true").returncode == 126


def test_install_of_an_address_that_is_none(inner, own):
    assert inner("profile", "install", "/etc/passwd", "--ca-file", "/x").returncode == 125
    for word in ("file:///etc/passwd", "http://127.0.0.1/x.toml", "ftp://x/y.toml", "https://"):
        done = inner("profile", "install", word, "--sha256", "0" * 64)
        assert done.returncode == 125
        one_sentence(done)
    assert files(own) == []


def test_install_of_an_address(inner, own, certificates, server):
    digest = hashlib.sha256(ONESHOT.encode()).hexdigest()
    words = ("profile", "install", server.url("/my%20own.toml"), "--ca-file", certificates / "ca.pem")
    refused = inner(*words)
    assert refused.returncode == 126
    assert server.url("/my%20own.toml") in refused.stderr.decode() and digest in refused.stderr.decode()
    assert files(own) == []
    done = inner(*words, "--sha256", digest, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["path"] == f"{own}/my own.toml"
    assert (own / "my own.toml").read_text() == ONESHOT
    assert inner("run", "-p", "my own", "--arg", "true").returncode == 0
    # Each time it was fetched once: what is shown is what is installed.
    assert len(server.requests) == 2
    assert inner(*words, "--sha256", digest).returncode == 125


def test_install_of_an_address_on_a_terminal(inner, own, certificates, server):
    with Terminal(inner, "profile", "install", server.url("/my%20own.toml"), "--name", "x", "--ca-file",
                  certificates / "ca.pem") as terminal:
        terminal.expect("[y/N]")
        server.pages["/my%20own.toml"] = answer(b'[sandbox]\nnetwork_mode = "host"\n')
        terminal.type("y\n")
        assert terminal.end() == 0
    assert (own / "x.toml").read_text() == ONESHOT


@pytest.mark.parametrize("base", ["./base.toml", "/etc/base.toml", "~/base.toml", "{own}/base.toml"])
def test_an_address_extends_no_files(inner, own, certificates, server, base):
    """It would pick documents of this machine that it was not shown with."""
    (own / "base.toml").write_text(ONESHOT)
    (inner.home / "base.toml").write_text(ONESHOT)
    text = f'extends = "{base.format(own=own)}"\n'.encode()
    server.pages["/x.toml"] = answer(text)
    done = inner("profile", "install", server.url("/x.toml"), "--ca-file", certificates / "ca.pem", "--sha256",
                 hashlib.sha256(text).hexdigest())
    assert done.returncode == 125, done
    assert files(own) == ["base.toml"]


def test_an_address_without_a_document(inner, own, certificates, server):
    for path in ("/missing.toml", "/..%2fx.toml", "/", "/.hidden.toml"):
        done = inner("profile", "install", server.url(path), "--ca-file", certificates / "ca.pem")
        assert done.returncode == 125, path
        one_sentence(done)
    # With a name given, the address may be any.
    server.pages["/?raw=1"] = answer(b"<profile name='x' version='1'/>\n")
    named = inner("profile", "install", server.url("/?raw=1"), "--name", "x", "--ca-file", certificates / "ca.pem")
    assert named.returncode == 126 and "https://localhost" in named.stderr.decode(), named
    # Who is not known by their certificate is not asked.
    assert inner("profile", "install", server.url("/my%20own.toml")).returncode == 125
    assert files(own) == []
