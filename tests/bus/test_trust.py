# SPDX-License-Identifier: Apache-2.0
"""Consent on the side of innerctl: what a person is shown, what counts as their yes, and what does not. The polkit
here is ours; tests/polkit has the service's side. Attacks 64, 65 and 109."""

import hashlib
import json
import os
import re
import subprocess

import pytest
from conftest import Inner, one_sentence
from https_server import Server, answer, make_certificates
from terminal import Terminal

PLAIN = 'schema_version = "1"\nextends = "shell-oneshot"\n'
NO_TERMINAL = ("innerctl: There is no terminal to ask on; read the document, then give its digest with “--sha256” "
               "(“--yes” is no consent)")
DECLINED = b"You declined, so nothing was changed and nothing was started"


@pytest.fixture(params=["bus", "private"])
def person(request, sandboxes_possible):
    person = Inner(request.param, polkit="allow")
    yield person
    person.close()


@pytest.fixture
def refused_person(sandboxes_possible):
    person = Inner("bus", polkit="deny")
    yield person
    person.close()


def put(person, text=PLAIN, name="mine.toml"):
    path = person.work / ".inner/profiles" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def digest_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def is_trusted(person, name="mine"):
    listed = json.loads(person("profile", "list", "--json").stdout)
    return next(profile["trusted"] for profile in listed if profile["name"] == name)


def approvals(person):
    store = person.home / ".local/share/inner/trust"
    return len(list(store.iterdir())) if store.is_dir() else 0


# Without a terminal


def test_a_digest_is_consent(person):
    path = put(person)
    for word in ("mine", path, ".inner/profiles/mine.toml"):
        path.write_text(f"{PLAIN}# {word}\n")
        done = person("profile", "trust", word, "--sha256", digest_of(path))
        assert (done.returncode, done.stdout) == (0, f"{path}\n".encode()), done
        assert digest_of(path) in done.stderr.decode()
        assert is_trusted(person)
    assert person("run", "-p", "mine", "--arg", "echo ran").stdout == b"ran\n"


def test_json(person):
    path = put(person, PLAIN + 'description = "d"\n')
    done = person("profile", "trust", "mine", "--json", "--sha256", digest_of(path))
    approved, = json.loads(done.stdout)
    assert approved["path"] == str(path)
    assert approved["digest"] == digest_of(path)
    assert approved["description"] == "d"
    assert json.loads(person("profile", "trust", "mine", "--json").stdout) == []


def test_yes_is_no_consent(person):
    put(person)
    for options in ([], ["--yes"], ["-y"]):
        done = person("profile", "trust", "mine", *options, input=b"y\ny\n")
        assert (done.returncode, done.stdout) == (126, b"")
        assert done.stderr.decode().splitlines()[-1] == NO_TERMINAL
    assert person("run", "-p", "mine", "--yes", "--arg", "true", input=b"y\n").returncode == 126
    assert approvals(person) == 0 and not is_trusted(person)


def test_another_digest_is_no_consent(person):
    path = put(person)
    old = digest_of(path)
    path.write_text(PLAIN + "# changed\n")
    done = person("profile", "trust", "mine", "--sha256", old)
    assert done.returncode == 126
    assert digest_of(path) in one_sentence(done)
    for text in ("", "sha256:", old[:-1], old + "0", "g" * 64, "md5:" + old):
        assert person("profile", "trust", "mine", "--sha256", text).returncode == 125, text
    assert approvals(person) == 0


def test_a_digest_is_for_one_document(person):
    base = put(person, PLAIN, "base.toml")
    path = put(person, 'extends = "./base.toml"\n')
    for digest in (digest_of(path), digest_of(base)):
        done = person("profile", "trust", "mine", "--sha256", digest)
        assert done.returncode == 126
        assert "More than one document" in one_sentence(done)
    assert approvals(person) == 0
    assert person("profile", "trust", "base", "--sha256", digest_of(base)).returncode == 0
    assert person("profile", "trust", "mine", "--sha256", digest_of(path)).returncode == 0
    assert is_trusted(person)


def test_what_needs_no_approval(person):
    for word in ("shell", "shell-oneshot"):
        done = person("profile", "trust", word)
        assert (done.returncode, done.stdout) == (0, b"")
        assert "needs approval" in one_sentence(done)


@pytest.mark.parametrize("word", ["nobody", "/nowhere/x.toml", "https://example.org/x.toml", "a\x1bb"])
def test_what_cannot_be_approved(person, word):
    done = person("profile", "trust", word)
    assert done.returncode == 125
    assert "\x1b" not in one_sentence(done)


def test_an_invalid_document_is_not_approved(person):
    path = put(person, "nonsense")
    done = person("profile", "trust", "mine", "--sha256", digest_of(path))
    assert done.returncode == 125
    assert "mine.toml:1:" in one_sentence(done)
    assert approvals(person) == 0


def test_run_without_a_terminal_names_the_next_step(person):
    put(person)
    for options in ([], ["-q"], ["--detach"], ["--yes"]):
        done = person("run", "-p", "mine", *options, "--arg", "true", input=b"y\n")
        assert done.returncode == 126
        assert "innerctl profile trust" in one_sentence(done)


@pytest.mark.parametrize("stream", ["stdin", "stderr"])
def test_half_a_terminal_is_none(person, stream):
    """Who cannot see the question, or whose answer comes from elsewhere, is not asked."""
    put(person)
    other = {"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE}[stream]
    for words in (["profile", "trust", "mine"], ["run", "-p", "mine", "--arg", "true"]):
        with Terminal(person, *words, **{stream: other}) as terminal:
            terminal.type("y\n")
            assert terminal.end() == 126
            if terminal.process.stderr:
                terminal.process.stderr.close()
            assert b"[y/N]" not in terminal.seen
    assert approvals(person) == 0


def test_polkit_has_the_last_word(refused_person):
    path = put(refused_person)
    done = refused_person("profile", "trust", "mine", "--sha256", digest_of(path))
    assert (done.returncode, done.stdout) == (126, b"")
    assert [asked["action"] for asked in refused_person.asked_polkit()] == ["org.inner.sandbox.trust-profile"]
    # The rules are asked first, without a dialog. They say no, so there is nothing to ask a person.
    assert [asked["flags"] for asked in refused_person.asked_polkit()] == [0]
    with Terminal(refused_person, "run", "-p", "mine", "--arg", "echo ran") as terminal:
        terminal.expect("[y/N]")
        terminal.type("y\n")
        assert terminal.end() == 126
        assert b"ran\r" not in terminal.seen
    assert approvals(refused_person) == 0


# On a terminal


@pytest.mark.parametrize("answer, code", [
    ("y\n", 0), ("Y\n", 0), (" yes \n", 0), ("n\n", 126), ("\n", 126), ("yep\n", 126), ("yes please, do it now\n", 126),
    ("\x04", 126), ("y\x04\x04", 126), ("\x03", 126), ("\x1c", 126),
])
def test_answers(person, answer, code):
    path = put(person)
    with Terminal(person, "profile", "trust", "mine", "--yes") as terminal:
        shown = terminal.expect("[y/N]").decode()
        assert str(path) in shown and digest_of(path) in shown
        terminal.type(answer)
        assert terminal.end() == code, terminal.seen
        assert (DECLINED in terminal.seen) == (code == 126)
    assert is_trusted(person) == (code == 0)
    assert approvals(person) == (1 if code == 0 else 0)


def test_an_answer_before_the_question(person):
    """Pasted text must not answer what was not shown yet."""
    put(person)
    with Terminal(person, "profile", "trust", "mine") as terminal:
        terminal.type("y\ny\ny\n")
        terminal.expect("[y/N]")
        with pytest.raises(AssertionError):
            terminal.expect(b"\r\n" + str(person.work).encode(), timeout=1)
        assert terminal.process.poll() is None
        terminal.type("n\n")
        assert terminal.end() == 126
    assert approvals(person) == 0


def test_a_terminal_that_closes(person):
    put(person)
    terminal = Terminal(person, "profile", "trust", "mine")
    terminal.expect("[y/N]")
    os.close(terminal.master)
    assert terminal.process.wait(20) == 126
    assert approvals(person) == 0


def test_the_display_is_escaped(person):
    """No byte of the document moves the cursor, ends the line or turns the reading direction. What TOML and XML
    both can hold of that is here; for the rest see test_control_characters."""
    text = ('schema_version = "1"\nextends = "shell-oneshot"\n'
            'description = "a\\r\\nIt asks for nothing.\u009b2J\u202eevil\u2066\u200b"\n'
            '[env.set]\nVALUE = "\u009b31m\u202e\\nApprove it?"\n')
    name = "m\u202eine"
    try:
        path = put(person, text, f"{name}.toml")
    except OSError:
        pytest.skip("the file system takes no such name")
    for words in (["profile", "trust", name], ["profile", "trust", str(path)], ["run", "-p", name, "--arg", "true"],
                  ["profile", "install", str(path), "--name", "x"]):
        with Terminal(person, *words) as terminal:
            shown = terminal.expect("[y/N]").decode()
            for bad in "\x1b\x07\u009b\u202e\u2066\u200b":
                assert bad not in shown, (words, shown)
            assert "\\u009b2J\\u202eevil" in shown, shown
            # A line of the document stays in its line.
            assert not re.search(r"^\s*(It asks for nothing|Approve it)", shown, re.MULTILINE)
            terminal.type("n\n")
            assert terminal.end() == 126
            assert "\x1b" not in terminal.seen.decode() and "\u202e" not in terminal.seen.decode()


@pytest.mark.parametrize("text", [r'"\u001b[2J"', r'"\u0007"', '"\x1b[2J"', '"\x07"'])
def test_control_characters(person, text):
    """Such a document is invalid, and saying so shows none of it."""
    put(person, f"{PLAIN}description = {text}\n")
    for words in (["profile", "trust", "mine"], ["run", "-p", "mine"], ["profile", "install", ".inner/profiles/mine.toml"]):
        with Terminal(person, *words) as terminal:
            assert terminal.end() == 125
            assert b"mine.toml:3:" in terminal.seen
            assert b"[y/N]" not in terminal.seen
            assert b"\x1b" not in terminal.seen and b"\x07" not in terminal.seen


def test_nothing_is_left_out(person):
    """The evil host is the last of many."""
    hosts = ", ".join(f'"host-{n}.example.org"' for n in range(300))
    put(person, f'extends = "shell-oneshot"\n[sandbox]\nnetwork_mode = "allowlist"\nnetwork_allow = [{hosts}, '
                '"\u00e4\u00e4\u00e4\u00e4\u00e4.evil.example.org"]\n')
    with Terminal(person, "profile", "trust", "mine") as terminal:
        shown = terminal.expect("[y/N]").decode()
        for n in range(300):
            assert f"host-{n}.example.org" in shown
        assert "\u00e4\u00e4\u00e4\u00e4\u00e4.evil.example.org" in shown
        terminal.type("n\n")
        assert terminal.end() == 126


def test_what_does_not_hold_is_shown(person):
    put(person, PLAIN + '[sandbox]\nnetwork_mode = "host"\n[env]\ninherit = ["MY_TOKEN"]\n')
    with Terminal(person, "profile", "trust", "mine") as terminal:
        shown = terminal.expect("[y/N]").decode()
        asks, hardened = shown.split("Of that, this does not hold")
        assert "MY_TOKEN" in hardened and "network_mode" in hardened, shown
        assert "MY_TOKEN" not in asks
        terminal.type("\n")
        assert terminal.end() == 126


def test_a_base_is_shown_by_itself(person):
    """Its child overrides what it asks for, but it could be run alone once it is approved."""
    base = put(person, PLAIN + '[sandbox]\nnetwork_mode = "open"\n[env.set]\nFROM = "base"\n', "base.toml")
    path = put(person, 'extends = "./base.toml"\n[sandbox]\nnetwork_mode = "off"\n[env.set]\nFROM = "child"\n')
    for answers, code in ((["y\n", "n\n"], 126), (["n\n"], 126), (["y\n", "y\n"], 0)):
        shown = []
        with Terminal(person, "profile", "trust", "mine") as terminal:
            for answer in answers:
                shown.append(terminal.expect("[y/N]").decode())
                terminal.type(answer)
            assert terminal.end() == code, terminal.seen
        # Both or none.
        assert approvals(person) == (2 if code == 0 else 0)
    of_path, = (text for text in shown if digest_of(path) in text)
    of_base, = (text for text in shown if digest_of(base) in text)
    assert "“child”" in of_path and "“base”" not in of_path
    assert "“base”" in of_base and "“child”" not in of_base
    assert is_trusted(person) and is_trusted(person, "base")


def test_several_profiles_with_one_base(person):
    base = put(person, PLAIN, "base.toml")
    for name in ("one", "two"):
        put(person, 'extends = "./base.toml"\n', f"{name}.toml")
    with Terminal(person, "profile", "trust", "one", "two", "base") as terminal:
        shown = b""
        for _ in range(3):
            shown += terminal.expect("[y/N]")
            terminal.type("y\n")
        assert terminal.end() == 0, terminal.seen
    assert shown.count(digest_of(base).encode()) == 1
    assert approvals(person) == 3


def test_a_change_behind_the_question(person):
    """Attack 109: the approval is of what was shown."""
    path = put(person)
    with Terminal(person, "profile", "trust", "mine") as terminal:
        terminal.expect("[y/N]")
        path.write_text(PLAIN + "# evil\n")
        terminal.type("y\n")
        assert terminal.end() == 125
        assert b"SHA-256" in terminal.seen
    assert approvals(person) == 0 and not is_trusted(person)


# run


def test_run_asks(person):
    path = put(person)
    with Terminal(person, "run", "-p", "mine", "--arg", "echo r${EMPTY}an") as terminal:
        assert digest_of(path) in terminal.expect("[y/N]").decode()
        terminal.type("y\n")
        terminal.expect("ran")
        assert terminal.end() == 0
    # The next time nobody is asked.
    with Terminal(person, "run", "-q", "-p", "mine", "--arg", "echo r${EMPTY}an") as terminal:
        terminal.expect("ran")
        assert terminal.end() == 0
    assert person("run", "-p", "mine", "--arg", "echo ran").stdout == b"ran\n"


@pytest.mark.parametrize("answer", ["n\n", "\n", "\x04", "\x03"])
@pytest.mark.parametrize("options", [[], ["-q"], ["--detach"], ["--yes"]])
def test_run_declined(person, answer, options):
    put(person)
    with Terminal(person, "run", "-p", "mine", *options, "--arg", "touch ran") as terminal:
        terminal.expect("[y/N]")
        terminal.type(answer)
        assert terminal.end() == 126
        assert DECLINED in terminal.seen
        assert terminal.seen.count(b"[y/N]") == 0
    assert not (person.work / "ran").exists()
    assert approvals(person) == 0


def test_run_detached_asks(person):
    put(person)
    with Terminal(person, "run", "-p", "mine", "--detach", "--name", "d", "--arg", "true") as terminal:
        terminal.expect("[y/N]")
        terminal.type("y\n")
        assert terminal.end() == 0, terminal.seen
    assert person("wait", "d").returncode == 0


def test_the_rest_of_the_input_is_the_commands(person):
    put(person)
    with Terminal(person, "run", "-p", "mine", "--arg", "read word; echo got=$word") as terminal:
        terminal.expect("[y/N]")
        terminal.type("y\nhello\n")
        terminal.expect("got=hello")
        assert terminal.end() == 0


def test_run_of_an_address_asks(person, tmp_path):
    certificates = make_certificates(tmp_path)
    with Server(certificates) as server:
        server.pages["/x.toml"] = answer(PLAIN.encode())
        words = ("run", "-p", server.url("/x.toml"), "--ca-file", certificates / "ca.pem", "--arg", "echo r${EMPTY}an")
        for text, code in (("n\n", 126), ("y\n", 0)):
            with Terminal(person, *words) as terminal:
                shown = terminal.expect("[y/N]").decode()
                assert server.url("/x.toml") in shown and hashlib.sha256(PLAIN.encode()).hexdigest() in shown
                terminal.type(text)
                assert terminal.end() == code, terminal.seen
                assert (b"ran" in terminal.seen) == (code == 0)
        # As long as the same bytes come from there.
        assert person(*words).stdout == b"ran\n"
        server.pages["/x.toml"] = answer(PLAIN.encode() + b"# changed\n")
        assert person(*words).returncode == 126


LONG = 'extends = "shell-oneshot"\n[sandbox]\nnetwork_mode = "allowlist"\nnetwork_allow = [' \
    + ", ".join(f'"host-{n}.example.org"' for n in range(300)) + ']\n[env]\ninherit = ["MY_TOKEN"]\n'


@pytest.mark.parametrize("option", [None, "--allow-remote", "--trust-remote", "--dry-run"])
def test_an_address_is_shown_once_and_whole(person, tmp_path, option):
    certificates = make_certificates(tmp_path)
    with Server(certificates) as server:
        server.pages["/x.toml"] = answer(LONG.encode())
        # A long address, too.
        address = server.url("/x.toml") + "?" + "a" * 1500
        server.pages["/x.toml?" + "a" * 1500] = answer(LONG.encode())
        words = ("run", "-p", address, "--ca-file", certificates / "ca.pem", "--entrypoint", "true")
        with (tmp_path / "plan").open("wb") as plan, \
                Terminal(person, *words, *([option] if option else []), stdout=plan) as terminal:
            if option is None:
                shown = terminal.expect("[y/N]")
                terminal.type("n\n")
                terminal.end()
            else:
                terminal.end()
                shown = terminal.seen
        shown = shown.decode()
        digest = hashlib.sha256(LONG.encode()).hexdigest()
        for text in (address, digest, "It asks for:", *(f"host-{n}.example.org" for n in range(300))):
            assert shown.count(text) == 1, (text, shown)
        assert ("Without “--trust-remote”, this would not hold:" in shown) == (option == "--trust-remote")
        assert ("Of that, this does not hold" in shown) == (option != "--trust-remote")
        if option != "--dry-run":
            assert shown.count("MY_TOKEN") == 1


def test_run_is_asked_once(person):
    """What changes behind the question is refused, and there is no second question."""
    path = put(person)
    with Terminal(person, "run", "-p", "mine", "--arg", "touch ran") as terminal:
        terminal.expect("[y/N]")
        path.write_text(PLAIN + "# evil\n")
        terminal.type("y\n")
        assert terminal.end() != 0
        assert b"[y/N]" not in terminal.seen
    assert not (person.work / "ran").exists()


def test_a_dry_run_asks_nothing(person):
    """It starts nothing, and says that the profile is not trusted."""
    put(person)
    with Terminal(person, "run", "-n", "-p", "mine") as terminal:
        terminal.end()
        assert b"[y/N]" not in terminal.seen
    assert approvals(person) == 0


# The configuration of a project


def put_configuration(person, text):
    path = person.work / ".inner/config.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_a_configuration(person):
    path = put_configuration(person, 'default_profile = "shell-oneshot"\n')
    (person.work / "sub").mkdir()
    refused = person("profile", "trust", ".inner/config.toml", "--yes")
    assert refused.returncode == 126
    assert "shell-oneshot" in refused.stderr.decode() and digest_of(path) in refused.stderr.decode()
    assert person("run", "--no-interactive", "--arg", "echo ran").stdout != b"ran\n"
    with Terminal(person, "profile", "trust", "../.inner/config.toml", cwd=person.work / "sub") as terminal:
        shown = terminal.expect("[y/N]").decode()
        assert "“shell-oneshot”" in shown and digest_of(path) in shown
        terminal.type("y\n")
        terminal.expect(str(path))
        assert terminal.end() == 0
    assert person("run", "--arg", "echo ran").stdout == b"ran\n"
    assert "needs approval" in one_sentence(person("profile", "trust", path))
    path.write_text('default_profile = "shell-oneshot"\n# changed\n')
    assert person("profile", "trust", path).returncode == 126


def test_what_init_makes_can_be_approved(person):
    assert person("init", "--local").returncode == 0
    with Terminal(person, "profile", "trust", ".inner/config.toml") as terminal:
        assert b"It asks for nothing." in terminal.expect("[y/N]")
        terminal.type("y\n")
        assert terminal.end() == 0
    assert person.run("true").returncode == 0


def test_the_display_of_a_configuration_is_escaped(person):
    put_configuration(person, '[aliases]\nx = "run \u202e\u009b2J"\n')
    with Terminal(person, "profile", "trust", ".inner/config.toml") as terminal:
        shown = terminal.expect("[y/N]").decode()
        assert "\\u202e\\u009b2J" in shown and "\u202e" not in shown and "\u009b" not in shown
        terminal.type("n\n")
        assert terminal.end() == 126
