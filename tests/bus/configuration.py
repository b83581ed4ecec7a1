# SPDX-License-Identifier: Apache-2.0
"""What the tests of the configuration share."""

import hashlib
import json


def approve(inner, path):
    """Writes an approval as the service does: service/profile/inner-trust.h has the format."""
    path = path.resolve()
    store = inner.home / ".local/share/inner/trust"
    store.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    record = store / hashlib.sha256(str(path).encode()).hexdigest()
    record.write_text(f"[approval]\nPath={path}\nDigest={digest}\nTime=0\n")


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def user_file(inner, text):
    return write(inner.home / ".config/inner/config.toml", text)


def project_file(inner, text, name=".inner/config.toml", approved=True):
    path = write(inner.work / name, text)
    if approved:
        approve(inner, path)
    return path


def shown(inner, *options, **how):
    """What "config show" says, as data."""
    done = inner("config", "show", "--json", *options, **how)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def planned(inner, *options, **how):
    """The plan of a run, as data."""
    done = inner("run", "--dry-run", "--json", *options, **how)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
