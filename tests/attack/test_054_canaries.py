# SPDX-License-Identifier: Apache-2.0
"""Attack 54: secrets in the home directory. A file with words that are nowhere else stands at each place where well-known
programs keep what nobody should read; then everything that can be read in a sandbox is searched for these words. The list
is this file's own, and was not made from the table in service/policy/inner-sensitive.c."""

import json
import re
import uuid

import pytest

from conftest import SOURCE
from guards import write_profile

PLACES = """
.ssh/id_ed25519 .ssh/id_rsa .ssh/config .ssh/known_hosts .ssh/authorized_keys
.gnupg/private-keys-v1.d/A.key .gnupg/secring.gpg .gnupg/trustdb.gpg
.aws/credentials .aws/config .aws/sso/cache/a.json .aws/cli/cache/a.json .s3cfg .boto
.config/gcloud/credentials.db .config/gcloud/application_default_credentials.json .gsutil/credstore2
.azure/accessTokens.json .azure/msal_token_cache.json
.kube/config .kube/cache/a .docker/config.json .docker/contexts/meta/a .dockercfg .config/containers/auth.json
.npmrc .yarnrc .yarnrc.yml .config/pnpm/rc .pypirc .config/pip/pip.conf .pip/pip.conf .config/pypoetry/auth.toml .condarc
.cargo/credentials .cargo/credentials.toml .gem/credentials .bundle/config .composer/auth.json .config/composer/auth.json
.nuget/NuGet/NuGet.Config .m2/settings.xml .m2/settings-security.xml .gradle/gradle.properties .sbt/.credentials .ivy2/.credentials
.hex/hex.config .conan2/credentials.json
.config/gh/hosts.yml .config/hub .config/glab-cli/config.yml .config/tea/config.yml .config/github-copilot/hosts.json
.netrc .authinfo .authinfo.gpg .git-credentials .config/git/credentials .cache/git/credential/a
.terraform.d/credentials.tfrc.json .terraformrc .pulumi/credentials.json .vault-token .ansible_vault_pass .vault_pass
.ansible/galaxy_token .chef/knife.rb .config/helm/repositories.yaml
.config/rclone/rclone.conf .rclone.conf .config/restic/password .config/borg/keys/a .config/syncthing/key.pem
.config/sops/age/keys.txt .config/age/keys.txt .minisign/minisign.key
.config/op/config .config/1Password/settings.json .config/Bitwarden/data.json ".config/Bitwarden CLI/data.json" .config/rbw/config.json
.local/share/rbw/a .lastpass/a .password-store/a.gpg .local/share/password-store/a.gpg .local/share/gopass/stores/a
.config/keepassxc/keepassxc.ini
.local/share/keyrings/login.keyring .local/share/kwalletd/kdewallet.kwl .config/goa-1.0/accounts.conf .pki/nssdb/key4.db
.mozilla/firefox/a.default/logins.json .mozilla/firefox/a.default/key4.db ".config/google-chrome/Default/Login Data"
.config/google-chrome/Default/Cookies ".config/chromium/Default/Login Data" ".config/BraveSoftware/Brave-Browser/Default/Login Data"
".config/microsoft-edge/Default/Login Data" ".config/vivaldi/Default/Login Data" ".config/opera/Login Data" .librewolf/a/logins.json
.waterfox/a/logins.json .local/share/qutebrowser/history.sqlite .local/share/epiphany/a snap/firefox/common/a
.var/app/org.mozilla.firefox/a .tor-browser/a .cache/mozilla/firefox/a
.bash_history .zsh_history .zhistory .histfile .sh_history .ksh_history .ash_history .local/share/fish/fish_history
.local/share/atuin/history.db .local/state/bash/history .config/nushell/history.txt .python_history .node_repl_history
.psql_history .mysql_history .sqlite_history .rediscli_history .irb_history .lesshst .viminfo .local/share/nvim/shada/main.shada
.local/share/recently-used.xbel
.claude/.credentials.json .claude.json .codex/auth.json .gemini/oauth_creds.json .copilot/config.json .local/share/opencode/auth.json
.cursor/cli-config.json .config/Cursor/User/globalStorage/state.vscdb .config/goose/config.yaml .continue/config.json
.config/amp/settings.json .qwen/oauth_creds.json .aider.conf.yml .config/aichat/config.yaml .config/anthropic/a .config/openai/a
.config/Code/User/globalStorage/state.vscdb .ollama/id_ed25519
.oci/config .config/doctl/config.yaml .config/hcloud/cli.toml .config/linode-cli .fly/config.yml .config/netlify/config.json
.local/share/com.vercel.cli/auth.json .config/configstore/firebase-tools.json .config/stripe/config.toml .wrangler/config/default.toml
.cloudflared/cert.pem .config/ngrok/ngrok.yml .ngrok2/ngrok.yml .databricks.cfg .snowsql/config .config/heroku/a .config/argocd/config
.config/tailscale/a .tsh/a .sentryclirc .circleci/cli.yml .kaggle/kaggle.json .cache/huggingface/token .huggingface/token
.config/wandb/settings .config/openstack/clouds.yaml
.pgpass .pg_service.conf .my.cnf .mylogin.cnf .local/share/DBeaverData/workspace6/a
.bitcoin/wallet.dat .litecoin/wallet.dat .ethereum/keystore/a .electrum/wallets/a .bitmonero/a .config/solana/id.json
.config/Exodus/exodus.wallet ".config/Ledger Live/app.json" .foundry/keystores/a .near-credentials/a .lnd/a
.thunderbird/a.default/logins.json .mbsyncrc .msmtprc .config/msmtp/config .fetchmailrc .offlineimaprc .muttrc .mutt/muttrc
.config/neomutt/neomuttrc .config/aerc/accounts.conf .local/share/evolution/a .local/share/akonadi/a .claws-mail/accountrc Mail/inbox
Maildir/new/a .local/share/mail/a
.config/Signal/config.json .config/Slack/Cookies .config/discord/Cookies .local/share/TelegramDesktop/tdata/a .purple/accounts.xml
.weechat/sec.conf .config/Element/a .zoom/a
.vnc/passwd .config/remmina/remmina.pref .local/share/remmina/a.remmina .config/filezilla/sitemanager.xml .smbcredentials .config/freerdp/a
.putty/sessions/a .config/wireguard/wg0.conf .openvpn/a .config/openvpn3/a .cert/a.pem .step/a .krb5/a
.Xauthority .ICEauthority .dropbox/a .config/Nextcloud/nextcloud.cfg
.local/share/containers/storage/a .lima/a .colima/a .vagrant.d/a
"""
PATHS = [quoted or plain for quoted, plain in re.findall(r'"([^"]+)"|(\S+)', PLACES)]

SEARCH = """
import json, os, sys
WORD = sys.argv[1].encode()
SKIP = {"/proc", "/sys", "/usr", "/dev", "/nix", "/gnu", "/opt", "/var/lib", "/var/cache", "/work"}
found, looked = [], 0
for folder, folders, names in os.walk("/"):
    folders[:] = [f for f in folders if os.path.join(folder, f) not in SKIP]
    for name in names:
        path = os.path.join(folder, name)
        try:
            if os.stat(path).st_size > 1 << 16 or not os.path.isfile(path):
                continue
            data = open(path, "rb").read()
        except OSError:
            continue
        looked += 1
        if WORD in data:
            found.append((path, data.decode().split("|")[1]))
print(json.dumps([looked, found]))
"""


def plant(inner):
    """A canary at each place, and at those of the run-time directory. Gives their common word."""
    word = f"canary-{uuid.uuid4().hex}"
    places = [inner.home / path for path in PATHS]
    places += [inner.runtime / path for path in ("containers/auth.json", "keyring/a", "gnupg/a", "systemd/a", "inner-canary")]
    for path in places:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{word}|{path}|")
    # Not a secret, and in the workspace: it shows that the search finds anything at all.
    (inner.work / "mine").write_text(f"{word}|mine|")
    return word


def search(inner, word, *options):
    done = inner("run", "--timeout", "60", *options, "--entrypoint", "python3", "-a", "-c", "-a", SEARCH, "-a", word, timeout=90)
    assert done.returncode == 0, done.stderr
    looked, found = json.loads(done.stdout)
    assert looked > 20
    assert {name for _, name in found if name == "mine"}, "the search found not even what it should"
    return {path: name for path, name in found if name != "mine"}


def test_the_list_is_long():
    assert len(PATHS) > 200 and len(PATHS) == len(set(PATHS))


def rows():
    text = (SOURCE / "service/policy/inner-sensitive.c").read_text()
    return re.findall(r'\{ "[\w-]+", (\w+), "~/([^"]+)"', text)


@pytest.mark.parametrize("path", PATHS)
def test_each_place_is_covered_by_the_table(path):
    assert [row for kind, row in rows() if kind != "POLICY" and (path == row or path.startswith(row + "/"))], \
        f"~/{path} is well known, and not in service/policy/inner-sensitive.c"


def test_nothing_is_read_in_an_isolated_home(inner):
    word = plant(inner)
    assert search(inner, word, "-p", "shell-oneshot") == {}


HOMES = {"host-ro": 'home = "host-ro"', "filesystem": 'filesystem = "host"\nhome = "host-ro"'}


@pytest.mark.parametrize("home", HOMES)
def test_nothing_is_read_where_the_host_is_shown(inner, home):
    word = plant(inner)
    shown = f"{uuid.uuid4().hex}"
    (inner.home / "notes.txt").write_text(f"{word}|notes|")
    (inner.home / shown).mkdir()
    profile = write_profile(inner, "shown", HOMES[home])
    done = inner("run", "-p", profile, "--arg", "true")
    if done.returncode != 0 and b"isolated homes only" in done.stderr:
        pytest.skip("this version does not show the host's home")
    found = search(inner, word, "-p", profile, "-w", inner.work)
    # What is no secret is seen, so the home was looked at.
    assert found.pop(str(inner.home / "notes.txt")) == "notes"
    assert found == {}
