/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-sensitive.h"

#include <glib/gi18n.h>
#include <string.h>

#include "inner-error.h"
#include "inner-layers.h"
#include "inner-options.h"
#include "inner-privileges.h"

#define CREDENTIALS INNER_PRIVILEGE_EXPOSE_CREDENTIALS
#define AGENTS INNER_PRIVILEGE_AGENT_SOCKETS
#define SESSION INNER_PRIVILEGE_SESSION_BUS
#define DISPLAY INNER_PRIVILEGE_DISPLAY
#define DOCKER INNER_PRIVILEGE_DOCKER_SOCKET
#define PODMAN INNER_PRIVILEGE_PODMAN_SOCKET

#define DIRECTORY INNER_SENSITIVE_DIRECTORY
#define REGULAR INNER_SENSITIVE_FILE
#define SOCKET INNER_SENSITIVE_SOCKET
#define POLICY INNER_SENSITIVE_POLICY

/* The narrow rows come before the wide ones, because the first that fits is named in the message. */
const InnerSensitive inner_sensitive_things[] = {
  /* Keys and passwords in the home directory */
  { "ssh-keys", DIRECTORY, "~/.ssh", CREDENTIALS, N_ ("your SSH keys") },
  { "gpg-agent", SOCKET, "~/.gnupg/S.gpg-agent", AGENTS, N_ ("your GPG agent") },
  { "gpg-agent", SOCKET, "~/.gnupg/S.gpg-agent.extra", AGENTS, N_ ("your GPG agent") },
  { "gpg-keys", DIRECTORY, "~/.gnupg", CREDENTIALS, N_ ("your GPG keys") },
  { "git-credentials", REGULAR, "~/.git-credentials", CREDENTIALS, N_ ("passwords of git") },
  { "git-credentials", REGULAR, "~/.config/git/credentials", CREDENTIALS, N_ ("passwords of git") },
  { "netrc", REGULAR, "~/.netrc", CREDENTIALS, N_ ("network passwords") },
  { "aws-credentials", DIRECTORY, "~/.aws", CREDENTIALS, N_ ("AWS credentials") },
  { "gcloud-credentials", DIRECTORY, "~/.config/gcloud", CREDENTIALS,
    N_ ("Google Cloud credentials") },
  { "azure-credentials", DIRECTORY, "~/.azure", CREDENTIALS, N_ ("Azure credentials") },
  { "kube-config", DIRECTORY, "~/.kube", CREDENTIALS, N_ ("Kubernetes credentials") },
  { "docker-config", REGULAR, "~/.docker/config.json", CREDENTIALS, N_ ("registry passwords") },
  { "docker-config", REGULAR, "~/.config/containers/auth.json", CREDENTIALS,
    N_ ("registry passwords") },
  { "npmrc", REGULAR, "~/.npmrc", CREDENTIALS, N_ ("npm tokens") },
  { "pypirc", REGULAR, "~/.pypirc", CREDENTIALS, N_ ("Python upload passwords") },
  { "cargo-credentials", REGULAR, "~/.cargo/credentials", CREDENTIALS, N_ ("cargo tokens") },
  { "cargo-credentials", REGULAR, "~/.cargo/credentials.toml", CREDENTIALS, N_ ("cargo tokens") },
  { "gh-config", DIRECTORY, "~/.config/gh", CREDENTIALS, N_ ("GitHub tokens") },
  { "gh-config", REGULAR, "~/.config/hub", CREDENTIALS, N_ ("GitHub tokens") },
  { "glab-config", DIRECTORY, "~/.config/glab-cli", CREDENTIALS, N_ ("GitLab tokens") },
  { "terraform-credentials", DIRECTORY, "~/.terraform.d", CREDENTIALS, N_ ("Terraform tokens") },
  { "vault-token", REGULAR, "~/.vault-token", CREDENTIALS, N_ ("Vault tokens") },
  { "helm-config", DIRECTORY, "~/.config/helm", CREDENTIALS, N_ ("Helm credentials") },
  { "rclone-config", DIRECTORY, "~/.config/rclone", CREDENTIALS, N_ ("cloud storage passwords") },
  { "maven-settings", REGULAR, "~/.m2/settings.xml", CREDENTIALS, N_ ("Maven passwords") },
  { "maven-settings", REGULAR, "~/.m2/settings-security.xml", CREDENTIALS, N_ ("Maven passwords") },
  { "gradle-properties", REGULAR, "~/.gradle/gradle.properties", CREDENTIALS,
    N_ ("Gradle passwords") },
  { "pgpass", REGULAR, "~/.pgpass", CREDENTIALS, N_ ("database passwords") },
  { "mysql-config", REGULAR, "~/.my.cnf", CREDENTIALS, N_ ("database passwords") },
  { "password-store", DIRECTORY, "~/.password-store", CREDENTIALS, N_ ("your password store") },
  { "keyrings", DIRECTORY, "~/.local/share/keyrings", CREDENTIALS, N_ ("your keyring") },
  { "keyrings", DIRECTORY, "~/.local/share/kwalletd", CREDENTIALS, N_ ("your keyring") },
  { "keyrings", SOCKET, "%t/keyring/control", CREDENTIALS, N_ ("your keyring") },
  { "keyrings", DIRECTORY, "~/.pki", CREDENTIALS, N_ ("your certificates") },
  { "onepassword-config", DIRECTORY, "~/.config/op", CREDENTIALS, N_ ("1Password credentials") },

  /* What tells about the person */
  { "browser-profiles", DIRECTORY, "~/.mozilla", CREDENTIALS, N_ ("browser profiles") },
  { "browser-profiles", DIRECTORY, "~/.config/google-chrome", CREDENTIALS,
    N_ ("browser profiles") },
  { "browser-profiles", DIRECTORY, "~/.config/chromium", CREDENTIALS, N_ ("browser profiles") },
  { "browser-profiles", DIRECTORY, "~/.config/BraveSoftware", CREDENTIALS,
    N_ ("browser profiles") },
  { "browser-profiles", DIRECTORY, "~/.config/microsoft-edge", CREDENTIALS,
    N_ ("browser profiles") },
  { "browser-profiles", DIRECTORY, "~/.config/vivaldi", CREDENTIALS, N_ ("browser profiles") },
  { "browser-profiles", DIRECTORY, "~/.config/opera", CREDENTIALS, N_ ("browser profiles") },
  { "browser-profiles", DIRECTORY, "~/snap", CREDENTIALS, N_ ("data of confined programs") },
  { "browser-profiles", DIRECTORY, "~/.var/app", CREDENTIALS, N_ ("data of confined programs") },
  { "mail", DIRECTORY, "~/.thunderbird", CREDENTIALS, N_ ("your mail") },
  { "bash-history", REGULAR, "~/.bash_history", NULL, N_ ("a shell history") },
  { "zsh-history", REGULAR, "~/.zsh_history", NULL, N_ ("a shell history") },
  { "fish-history", DIRECTORY, "~/.local/share/fish", NULL, N_ ("a shell history") },

  /* More of both: what tests/attack/test_054_canaries.py plants, and its like */
  { "git-credentials", DIRECTORY, "~/.cache/git/credential", CREDENTIALS, N_ ("passwords of git") },
  { "netrc", REGULAR, "~/.authinfo", CREDENTIALS, N_ ("network passwords") },
  { "netrc", REGULAR, "~/.authinfo.gpg", CREDENTIALS, N_ ("network passwords") },
  { "aws-credentials", REGULAR, "~/.s3cfg", CREDENTIALS, N_ ("AWS credentials") },
  { "aws-credentials", REGULAR, "~/.boto", CREDENTIALS, N_ ("AWS credentials") },
  { "gcloud-credentials", DIRECTORY, "~/.gsutil", CREDENTIALS, N_ ("Google Cloud credentials") },
  { "cloud-logins", DIRECTORY, "~/.oci", CREDENTIALS, N_ ("logins at cloud services") },
  { "cloud-logins", DIRECTORY, "~/.bluemix", CREDENTIALS, N_ ("logins at cloud services") },
  { "cloud-logins", DIRECTORY, "~/.config/doctl", CREDENTIALS, N_ ("logins at cloud services") },
  { "cloud-logins", DIRECTORY, "~/.config/hcloud", CREDENTIALS, N_ ("logins at cloud services") },
  { "cloud-logins", REGULAR, "~/.config/linode-cli", CREDENTIALS, N_ ("logins at cloud services") },
  { "cloud-logins", DIRECTORY, "~/.fly", CREDENTIALS, N_ ("logins at cloud services") },
  { "cloud-logins", DIRECTORY, "~/.config/netlify", CREDENTIALS, N_ ("logins at cloud services") },
  { "cloud-logins", DIRECTORY, "~/.local/share/com.vercel.cli", CREDENTIALS,
    N_ ("logins at cloud services") },
  { "cloud-logins", DIRECTORY, "~/.config/configstore", CREDENTIALS,
    N_ ("logins at cloud services") },
  { "cloud-logins", DIRECTORY, "~/.config/stripe", CREDENTIALS, N_ ("logins at cloud services") },
  { "cloud-logins", DIRECTORY, "~/.wrangler", CREDENTIALS, N_ ("logins at cloud services") },
  { "cloud-logins", DIRECTORY, "~/.cloudflared", CREDENTIALS, N_ ("logins at cloud services") },
  { "cloud-logins", DIRECTORY, "~/.config/ngrok", CREDENTIALS, N_ ("logins at cloud services") },
  { "cloud-logins", DIRECTORY, "~/.ngrok2", CREDENTIALS, N_ ("logins at cloud services") },
  { "cloud-logins", REGULAR, "~/.databricks.cfg", CREDENTIALS, N_ ("logins at cloud services") },
  { "cloud-logins", DIRECTORY, "~/.snowsql", CREDENTIALS, N_ ("logins at cloud services") },
  { "cloud-logins", DIRECTORY, "~/.snowflake", CREDENTIALS, N_ ("logins at cloud services") },
  { "cloud-logins", DIRECTORY, "~/.config/heroku", CREDENTIALS, N_ ("logins at cloud services") },
  { "cloud-logins", DIRECTORY, "~/.config/argocd", CREDENTIALS, N_ ("logins at cloud services") },
  { "cloud-logins", DIRECTORY, "~/.config/tailscale", CREDENTIALS,
    N_ ("logins at cloud services") },
  { "cloud-logins", DIRECTORY, "~/.tsh", CREDENTIALS, N_ ("logins at cloud services") },
  { "cloud-logins", REGULAR, "~/.sentryclirc", CREDENTIALS, N_ ("logins at cloud services") },
  { "cloud-logins", DIRECTORY, "~/.circleci", CREDENTIALS, N_ ("logins at cloud services") },
  { "cloud-logins", DIRECTORY, "~/.kaggle", CREDENTIALS, N_ ("logins at cloud services") },
  { "cloud-logins", REGULAR, "~/.cache/huggingface/token", CREDENTIALS,
    N_ ("logins at cloud services") },
  { "cloud-logins", REGULAR, "~/.cache/huggingface/stored_tokens", CREDENTIALS,
    N_ ("logins at cloud services") },
  { "cloud-logins", DIRECTORY, "~/.huggingface", CREDENTIALS, N_ ("logins at cloud services") },
  { "cloud-logins", DIRECTORY, "~/.config/wandb", CREDENTIALS, N_ ("logins at cloud services") },
  { "cloud-logins", REGULAR, "~/.ollama/id_ed25519", CREDENTIALS, N_ ("logins at cloud services") },
  { "cloud-logins", DIRECTORY, "~/.config/openstack", CREDENTIALS,
    N_ ("logins at cloud services") },
  { "kube-config", DIRECTORY, "~/.rancher", CREDENTIALS, N_ ("Kubernetes credentials") },
  { "kube-config", DIRECTORY, "~/.minikube", CREDENTIALS, N_ ("Kubernetes credentials") },
  { "docker-config", DIRECTORY, "~/.docker/contexts", CREDENTIALS, N_ ("registry passwords") },
  { "docker-config", REGULAR, "~/.dockercfg", CREDENTIALS, N_ ("registry passwords") },
  { "docker-config", DIRECTORY, "~/.config/helm/registry", CREDENTIALS, N_ ("registry passwords") },
  { "npmrc", REGULAR, "~/.yarnrc.yml", CREDENTIALS, N_ ("npm tokens") },
  { "npmrc", REGULAR, "~/.yarnrc", CREDENTIALS, N_ ("npm tokens") },
  { "npmrc", REGULAR, "~/.config/pnpm/rc", CREDENTIALS, N_ ("npm tokens") },
  { "npmrc", REGULAR, "~/.bunfig.toml", CREDENTIALS, N_ ("npm tokens") },
  { "pypirc", REGULAR, "~/.config/pip/pip.conf", CREDENTIALS, N_ ("Python upload passwords") },
  { "pypirc", REGULAR, "~/.pip/pip.conf", CREDENTIALS, N_ ("Python upload passwords") },
  { "pypirc", REGULAR, "~/.config/pypoetry/auth.toml", CREDENTIALS,
    N_ ("Python upload passwords") },
  { "pypirc", REGULAR, "~/.condarc", CREDENTIALS, N_ ("Python upload passwords") },
  { "package-logins", REGULAR, "~/.gem/credentials", CREDENTIALS,
    N_ ("logins of package managers") },
  { "package-logins", REGULAR, "~/.local/share/gem/credentials", CREDENTIALS,
    N_ ("logins of package managers") },
  { "package-logins", REGULAR, "~/.bundle/config", CREDENTIALS, N_ ("logins of package managers") },
  { "package-logins", REGULAR, "~/.composer/auth.json", CREDENTIALS,
    N_ ("logins of package managers") },
  { "package-logins", REGULAR, "~/.config/composer/auth.json", CREDENTIALS,
    N_ ("logins of package managers") },
  { "package-logins", REGULAR, "~/.nuget/NuGet/NuGet.Config", CREDENTIALS,
    N_ ("logins of package managers") },
  { "package-logins", REGULAR, "~/.config/NuGet/NuGet.Config", CREDENTIALS,
    N_ ("logins of package managers") },
  { "package-logins", REGULAR, "~/.sbt/.credentials", CREDENTIALS,
    N_ ("logins of package managers") },
  { "package-logins", REGULAR, "~/.ivy2/.credentials", CREDENTIALS,
    N_ ("logins of package managers") },
  { "package-logins", REGULAR, "~/.hex/hex.config", CREDENTIALS,
    N_ ("logins of package managers") },
  { "package-logins", DIRECTORY, "~/.config/conan", CREDENTIALS,
    N_ ("logins of package managers") },
  { "package-logins", REGULAR, "~/.conan2/credentials.json", CREDENTIALS,
    N_ ("logins of package managers") },
  { "gh-config", DIRECTORY, "~/.config/github-copilot", CREDENTIALS, N_ ("GitHub tokens") },
  { "glab-config", DIRECTORY, "~/.config/tea", CREDENTIALS, N_ ("GitLab tokens") },
  { "terraform-credentials", REGULAR, "~/.terraformrc", CREDENTIALS, N_ ("Terraform tokens") },
  { "terraform-credentials", REGULAR, "~/.pulumi/credentials.json", CREDENTIALS,
    N_ ("Terraform tokens") },
  { "vault-token", REGULAR, "~/.ansible_vault_pass", CREDENTIALS, N_ ("Vault tokens") },
  { "vault-token", REGULAR, "~/.vault_pass", CREDENTIALS, N_ ("Vault tokens") },
  { "vault-token", REGULAR, "~/.ansible/galaxy_token", CREDENTIALS, N_ ("Vault tokens") },
  { "vault-token", DIRECTORY, "~/.chef", CREDENTIALS, N_ ("Vault tokens") },
  { "rclone-config", REGULAR, "~/.rclone.conf", CREDENTIALS, N_ ("cloud storage passwords") },
  { "rclone-config", DIRECTORY, "~/.config/restic", CREDENTIALS, N_ ("cloud storage passwords") },
  { "rclone-config", DIRECTORY, "~/.config/borg", CREDENTIALS, N_ ("cloud storage passwords") },
  { "rclone-config", DIRECTORY, "~/.config/Nextcloud", CREDENTIALS,
    N_ ("cloud storage passwords") },
  { "rclone-config", DIRECTORY, "~/.config/syncthing", CREDENTIALS,
    N_ ("cloud storage passwords") },
  { "rclone-config", DIRECTORY, "~/.dropbox", CREDENTIALS, N_ ("cloud storage passwords") },
  { "pgpass", REGULAR, "~/.pg_service.conf", CREDENTIALS, N_ ("database passwords") },
  { "pgpass", DIRECTORY, "~/.local/share/DBeaverData", CREDENTIALS, N_ ("database passwords") },
  { "pgpass", DIRECTORY, "~/.pgadmin", CREDENTIALS, N_ ("database passwords") },
  { "mysql-config", REGULAR, "~/.mylogin.cnf", CREDENTIALS, N_ ("database passwords") },
  { "password-store", DIRECTORY, "~/.local/share/password-store", CREDENTIALS,
    N_ ("your password store") },
  { "password-store", DIRECTORY, "~/.local/share/gopass", CREDENTIALS, N_ ("your password store") },
  { "password-store", DIRECTORY, "~/.config/gopass", CREDENTIALS, N_ ("your password store") },
  { "password-store", DIRECTORY, "~/.config/keepassxc", CREDENTIALS, N_ ("your password store") },
  { "password-store", DIRECTORY, "~/.config/rbw", CREDENTIALS, N_ ("your password store") },
  { "password-store", DIRECTORY, "~/.local/share/rbw", CREDENTIALS, N_ ("your password store") },
  { "password-store", DIRECTORY, "~/.lastpass", CREDENTIALS, N_ ("your password store") },
  { "password-store", DIRECTORY, "~/.config/Bitwarden", CREDENTIALS, N_ ("your password store") },
  { "password-store", DIRECTORY, "~/.config/Bitwarden CLI", CREDENTIALS,
    N_ ("your password store") },
  { "password-store", DIRECTORY, "~/.config/Proton Pass", CREDENTIALS, N_ ("your password store") },
  { "onepassword-config", DIRECTORY, "~/.op", CREDENTIALS, N_ ("1Password credentials") },
  { "onepassword-config", DIRECTORY, "~/.config/1Password", CREDENTIALS,
    N_ ("1Password credentials") },
  { "onepassword-config", DIRECTORY, "~/.1password", CREDENTIALS, N_ ("1Password credentials") },
  { "encryption-keys", DIRECTORY, "~/.config/sops", CREDENTIALS,
    N_ ("keys of age, sops and minisign") },
  { "encryption-keys", DIRECTORY, "~/.config/age", CREDENTIALS,
    N_ ("keys of age, sops and minisign") },
  { "encryption-keys", DIRECTORY, "~/.age", CREDENTIALS, N_ ("keys of age, sops and minisign") },
  { "encryption-keys", DIRECTORY, "~/.minisign", CREDENTIALS,
    N_ ("keys of age, sops and minisign") },
  { "keyrings", DIRECTORY, "~/.gnome2/keyrings", CREDENTIALS, N_ ("your keyring") },
  { "keyrings", DIRECTORY, "~/.kde/share/apps/kwallet", CREDENTIALS, N_ ("your keyring") },
  { "keyrings", DIRECTORY, "~/.config/goa-1.0", CREDENTIALS, N_ ("your keyring") },
  { "certificates", DIRECTORY, "~/.cert", CREDENTIALS, N_ ("your certificates") },
  { "certificates", DIRECTORY, "~/.config/openvpn3", CREDENTIALS, N_ ("your certificates") },
  { "certificates", DIRECTORY, "~/.openvpn", CREDENTIALS, N_ ("your certificates") },
  { "certificates", DIRECTORY, "~/.config/wireguard", CREDENTIALS, N_ ("your certificates") },
  { "certificates", DIRECTORY, "~/.step", CREDENTIALS, N_ ("your certificates") },
  { "remote-desktops", DIRECTORY, "~/.vnc", CREDENTIALS, N_ ("passwords of remote machines") },
  { "remote-desktops", DIRECTORY, "~/.config/remmina", CREDENTIALS,
    N_ ("passwords of remote machines") },
  { "remote-desktops", DIRECTORY, "~/.local/share/remmina", CREDENTIALS,
    N_ ("passwords of remote machines") },
  { "remote-desktops", DIRECTORY, "~/.config/freerdp", CREDENTIALS,
    N_ ("passwords of remote machines") },
  { "remote-desktops", DIRECTORY, "~/.config/filezilla", CREDENTIALS,
    N_ ("passwords of remote machines") },
  { "remote-desktops", REGULAR, "~/.smbcredentials", CREDENTIALS,
    N_ ("passwords of remote machines") },
  { "remote-desktops", DIRECTORY, "~/.putty", CREDENTIALS, N_ ("passwords of remote machines") },
  { "remote-desktops", DIRECTORY, "~/.krb5", CREDENTIALS, N_ ("passwords of remote machines") },
  { "remote-desktops", DIRECTORY, "~/.config/Termius", CREDENTIALS,
    N_ ("passwords of remote machines") },
  { "remote-desktops", DIRECTORY, "~/.anydesk", CREDENTIALS, N_ ("passwords of remote machines") },
  { "wallets", DIRECTORY, "~/.bitcoin", CREDENTIALS, N_ ("your wallets") },
  { "wallets", DIRECTORY, "~/.litecoin", CREDENTIALS, N_ ("your wallets") },
  { "wallets", DIRECTORY, "~/.ethereum", CREDENTIALS, N_ ("your wallets") },
  { "wallets", DIRECTORY, "~/.electrum", CREDENTIALS, N_ ("your wallets") },
  { "wallets", DIRECTORY, "~/.bitmonero", CREDENTIALS, N_ ("your wallets") },
  { "wallets", DIRECTORY, "~/.config/solana", CREDENTIALS, N_ ("your wallets") },
  { "wallets", DIRECTORY, "~/.config/Exodus", CREDENTIALS, N_ ("your wallets") },
  { "wallets", DIRECTORY, "~/.config/Ledger Live", CREDENTIALS, N_ ("your wallets") },
  { "wallets", DIRECTORY, "~/.foundry", CREDENTIALS, N_ ("your wallets") },
  { "wallets", DIRECTORY, "~/.near-credentials", CREDENTIALS, N_ ("your wallets") },
  { "wallets", DIRECTORY, "~/.sui", CREDENTIALS, N_ ("your wallets") },
  { "wallets", DIRECTORY, "~/.lnd", CREDENTIALS, N_ ("your wallets") },
  { "wallets", DIRECTORY, "~/.walletwasabi", CREDENTIALS, N_ ("your wallets") },
  { "browser-profiles", DIRECTORY, "~/.config/google-chrome-beta", CREDENTIALS,
    N_ ("browser profiles") },
  { "browser-profiles", DIRECTORY, "~/.librewolf", CREDENTIALS, N_ ("browser profiles") },
  { "browser-profiles", DIRECTORY, "~/.waterfox", CREDENTIALS, N_ ("browser profiles") },
  { "browser-profiles", DIRECTORY, "~/.zen", CREDENTIALS, N_ ("browser profiles") },
  { "browser-profiles", DIRECTORY, "~/.floorp", CREDENTIALS, N_ ("browser profiles") },
  { "browser-profiles", DIRECTORY, "~/.config/falkon", CREDENTIALS, N_ ("browser profiles") },
  { "browser-profiles", DIRECTORY, "~/.local/share/epiphany", CREDENTIALS,
    N_ ("browser profiles") },
  { "browser-profiles", DIRECTORY, "~/.config/qutebrowser", CREDENTIALS, N_ ("browser profiles") },
  { "browser-profiles", DIRECTORY, "~/.local/share/qutebrowser", CREDENTIALS,
    N_ ("browser profiles") },
  { "browser-profiles", DIRECTORY, "~/.tor-browser", CREDENTIALS, N_ ("browser profiles") },
  { "browser-profiles", DIRECTORY, "~/.cache/mozilla", CREDENTIALS, N_ ("browser profiles") },
  { "browser-profiles", DIRECTORY, "~/.cache/google-chrome", CREDENTIALS, N_ ("browser profiles") },
  { "browser-profiles", DIRECTORY, "~/.cache/chromium", CREDENTIALS, N_ ("browser profiles") },
  { "mail", REGULAR, "~/.mbsyncrc", CREDENTIALS, N_ ("your mail") },
  { "mail", REGULAR, "~/.config/isyncrc", CREDENTIALS, N_ ("your mail") },
  { "mail", REGULAR, "~/.msmtprc", CREDENTIALS, N_ ("your mail") },
  { "mail", DIRECTORY, "~/.config/msmtp", CREDENTIALS, N_ ("your mail") },
  { "mail", REGULAR, "~/.fetchmailrc", CREDENTIALS, N_ ("your mail") },
  { "mail", DIRECTORY, "~/.getmail", CREDENTIALS, N_ ("your mail") },
  { "mail", REGULAR, "~/.offlineimaprc", CREDENTIALS, N_ ("your mail") },
  { "mail", REGULAR, "~/.muttrc", CREDENTIALS, N_ ("your mail") },
  { "mail", DIRECTORY, "~/.mutt", CREDENTIALS, N_ ("your mail") },
  { "mail", DIRECTORY, "~/.config/mutt", CREDENTIALS, N_ ("your mail") },
  { "mail", DIRECTORY, "~/.config/neomutt", CREDENTIALS, N_ ("your mail") },
  { "mail", DIRECTORY, "~/.config/aerc", CREDENTIALS, N_ ("your mail") },
  { "mail", DIRECTORY, "~/.local/share/evolution", CREDENTIALS, N_ ("your mail") },
  { "mail", DIRECTORY, "~/.config/evolution", CREDENTIALS, N_ ("your mail") },
  { "mail", DIRECTORY, "~/.local/share/mail", CREDENTIALS, N_ ("your mail") },
  { "mail", DIRECTORY, "~/.local/share/akonadi", CREDENTIALS, N_ ("your mail") },
  { "mail", DIRECTORY, "~/.claws-mail", CREDENTIALS, N_ ("your mail") },
  { "mail", DIRECTORY, "~/.config/geary", CREDENTIALS, N_ ("your mail") },
  { "mail", DIRECTORY, "~/.local/share/geary", CREDENTIALS, N_ ("your mail") },
  { "mail", DIRECTORY, "~/Mail", CREDENTIALS, N_ ("your mail") },
  { "mail", DIRECTORY, "~/Maildir", CREDENTIALS, N_ ("your mail") },
  { "chats", DIRECTORY, "~/.config/Signal", CREDENTIALS, N_ ("your conversations") },
  { "chats", DIRECTORY, "~/.config/Slack", CREDENTIALS, N_ ("your conversations") },
  { "chats", DIRECTORY, "~/.config/discord", CREDENTIALS, N_ ("your conversations") },
  { "chats", DIRECTORY, "~/.local/share/TelegramDesktop", CREDENTIALS, N_ ("your conversations") },
  { "chats", DIRECTORY, "~/.config/Element", CREDENTIALS, N_ ("your conversations") },
  { "chats", DIRECTORY, "~/.config/Microsoft", CREDENTIALS, N_ ("your conversations") },
  { "chats", DIRECTORY, "~/.zoom", CREDENTIALS, N_ ("your conversations") },
  { "chats", DIRECTORY, "~/.purple", CREDENTIALS, N_ ("your conversations") },
  { "chats", DIRECTORY, "~/.weechat", CREDENTIALS, N_ ("your conversations") },
  { "chats", DIRECTORY, "~/.irssi", CREDENTIALS, N_ ("your conversations") },
  { "chats", DIRECTORY, "~/.config/hexchat", CREDENTIALS, N_ ("your conversations") },
  { "chats", DIRECTORY, "~/.config/Mattermost", CREDENTIALS, N_ ("your conversations") },
  { "bash-history", REGULAR, "~/.sh_history", NULL, N_ ("a shell history") },
  { "bash-history", REGULAR, "~/.ash_history", NULL, N_ ("a shell history") },
  { "bash-history", REGULAR, "~/.ksh_history", NULL, N_ ("a shell history") },
  { "bash-history", REGULAR, "~/.history", NULL, N_ ("a shell history") },
  { "bash-history", DIRECTORY, "~/.local/state/bash", NULL, N_ ("a shell history") },
  { "zsh-history", REGULAR, "~/.zhistory", NULL, N_ ("a shell history") },
  { "zsh-history", REGULAR, "~/.histfile", NULL, N_ ("a shell history") },
  { "zsh-history", DIRECTORY, "~/.zsh_sessions", NULL, N_ ("a shell history") },
  { "zsh-history", DIRECTORY, "~/.local/state/zsh", NULL, N_ ("a shell history") },
  { "zsh-history", DIRECTORY, "~/.local/share/zsh", NULL, N_ ("a shell history") },
  { "fish-history", DIRECTORY, "~/.local/share/atuin", NULL, N_ ("a shell history") },
  { "fish-history", DIRECTORY, "~/.config/atuin", NULL, N_ ("a shell history") },
  { "fish-history", REGULAR, "~/.config/nushell/history.txt", NULL, N_ ("a shell history") },
  { "fish-history", DIRECTORY, "~/.local/share/powershell/PSReadLine", NULL,
    N_ ("a shell history") },
  { "program-history", REGULAR, "~/.python_history", NULL, N_ ("the history of a program") },
  { "program-history", REGULAR, "~/.local/state/python_history", NULL,
    N_ ("the history of a program") },
  { "program-history", REGULAR, "~/.node_repl_history", NULL, N_ ("the history of a program") },
  { "program-history", REGULAR, "~/.psql_history", NULL, N_ ("the history of a program") },
  { "program-history", REGULAR, "~/.mysql_history", NULL, N_ ("the history of a program") },
  { "program-history", REGULAR, "~/.sqlite_history", NULL, N_ ("the history of a program") },
  { "program-history", REGULAR, "~/.rediscli_history", NULL, N_ ("the history of a program") },
  { "program-history", DIRECTORY, "~/.mongosh", NULL, N_ ("the history of a program") },
  { "program-history", REGULAR, "~/.irb_history", NULL, N_ ("the history of a program") },
  { "program-history", REGULAR, "~/.lesshst", NULL, N_ ("the history of a program") },
  { "program-history", REGULAR, "~/.viminfo", NULL, N_ ("the history of a program") },
  { "program-history", DIRECTORY, "~/.local/state/nvim", NULL, N_ ("the history of a program") },
  { "program-history", DIRECTORY, "~/.local/share/nvim/shada", NULL,
    N_ ("the history of a program") },
  { "program-history", DIRECTORY, "~/.local/state/vim", NULL, N_ ("the history of a program") },
  { "program-history", REGULAR, "~/.local/share/recently-used.xbel", NULL,
    N_ ("the history of a program") },
  { "agent-logins", REGULAR, "~/.claude/.credentials.json", CREDENTIALS,
    N_ ("logins of coding agents") },
  { "agent-logins", REGULAR, "~/.claude.json", CREDENTIALS, N_ ("logins of coding agents") },
  { "agent-logins", REGULAR, "~/.codex/auth.json", CREDENTIALS, N_ ("logins of coding agents") },
  { "agent-logins", REGULAR, "~/.gemini/oauth_creds.json", CREDENTIALS,
    N_ ("logins of coding agents") },
  { "agent-logins", DIRECTORY, "~/.copilot", CREDENTIALS, N_ ("logins of coding agents") },
  { "agent-logins", REGULAR, "~/.cursor/cli-config.json", CREDENTIALS,
    N_ ("logins of coding agents") },
  { "agent-logins", DIRECTORY, "~/.config/Cursor", CREDENTIALS, N_ ("logins of coding agents") },
  { "agent-logins", REGULAR, "~/.local/share/opencode/auth.json", CREDENTIALS,
    N_ ("logins of coding agents") },
  { "agent-logins", REGULAR, "~/.aider.conf.yml", CREDENTIALS, N_ ("logins of coding agents") },
  { "agent-logins", DIRECTORY, "~/.config/goose", CREDENTIALS, N_ ("logins of coding agents") },
  { "agent-logins", DIRECTORY, "~/.local/share/goose", CREDENTIALS,
    N_ ("logins of coding agents") },
  { "agent-logins", DIRECTORY, "~/.continue", CREDENTIALS, N_ ("logins of coding agents") },
  { "agent-logins", DIRECTORY, "~/.config/amp", CREDENTIALS, N_ ("logins of coding agents") },
  { "agent-logins", REGULAR, "~/.qwen/oauth_creds.json", CREDENTIALS,
    N_ ("logins of coding agents") },
  { "agent-logins", DIRECTORY, "~/.kiro", CREDENTIALS, N_ ("logins of coding agents") },
  { "agent-logins", DIRECTORY, "~/.local/share/amazon-q", CREDENTIALS,
    N_ ("logins of coding agents") },
  { "agent-logins", DIRECTORY, "~/.config/anthropic", CREDENTIALS, N_ ("logins of coding agents") },
  { "agent-logins", DIRECTORY, "~/.config/openai", CREDENTIALS, N_ ("logins of coding agents") },
  { "agent-logins", DIRECTORY, "~/.config/crush", CREDENTIALS, N_ ("logins of coding agents") },
  { "agent-logins", DIRECTORY, "~/.config/io.datasette.llm", CREDENTIALS,
    N_ ("logins of coding agents") },
  { "agent-logins", DIRECTORY, "~/.config/aichat", CREDENTIALS, N_ ("logins of coding agents") },
  { "agent-logins", DIRECTORY, "~/.config/Windsurf", CREDENTIALS, N_ ("logins of coding agents") },
  { "agent-logins", DIRECTORY, "~/.config/Code/User/globalStorage", CREDENTIALS,
    N_ ("logins of coding agents") },
  { "agent-logins", DIRECTORY, "~/.local/share/zed", CREDENTIALS, N_ ("logins of coding agents") },
  { "agent-logins", DIRECTORY, "~/.config/JetBrains", CREDENTIALS, N_ ("logins of coding agents") },
  { "agent-logins", DIRECTORY, "~/.local/share/JetBrains", CREDENTIALS,
    N_ ("logins of coding agents") },
  { "display", REGULAR, "~/.ICEauthority", DISPLAY, N_ ("your screen") },
  { "containers-data", DIRECTORY, "~/.local/share/containers", NULL, N_ ("data of containers") },
  { "containers-data", DIRECTORY, "~/.local/share/docker", NULL, N_ ("data of containers") },
  { "containers-data", DIRECTORY, "~/.lima", NULL, N_ ("data of containers") },
  { "containers-data", DIRECTORY, "~/.colima", NULL, N_ ("data of containers") },
  { "containers-data", DIRECTORY, "~/.docker/run", NULL, N_ ("data of containers") },
  { "containers-data", DIRECTORY, "~/.vagrant.d", NULL, N_ ("data of containers") },

  /* Secrets of the machine: a sandbox of root could read them */
  { "system-passwords", REGULAR, "/etc/shadow", NULL, N_ ("this machine's passwords") },
  { "system-passwords", REGULAR, "/etc/gshadow", NULL, N_ ("this machine's passwords") },
  { "system-keys", DIRECTORY, "/etc/ssh", NULL, N_ ("this machine's SSH keys") },
  { "system-keys", DIRECTORY, "/etc/ssl/private", NULL, N_ ("this machine's private keys") },
  { "system-networks", DIRECTORY, "/etc/NetworkManager", NULL, N_ ("network passwords") },

  /* Agents and services of the session. A read-only mount does not keep anyone from connecting. */
  { "ssh-agent", SOCKET, "%t/ssh-agent.socket", AGENTS, N_ ("your SSH agent") },
  { "ssh-agent", SOCKET, "%t/openssh_agent", AGENTS, N_ ("your SSH agent") },
  { "ssh-agent", SOCKET, "%t/gcr/ssh", AGENTS, N_ ("your SSH agent") },
  { "ssh-agent", SOCKET, "%t/keyring/ssh", AGENTS, N_ ("your SSH agent") },
  { "gpg-agent", DIRECTORY, "%t/gnupg", AGENTS, N_ ("your GPG agent") },
  { "session-bus", SOCKET, "%t/bus", SESSION, N_ ("the session bus") },
  { "systemd-user", DIRECTORY, "%t/systemd", NULL, N_ ("the service manager of your session") },
  { "podman-socket", SOCKET, "%t/podman/podman.sock", PODMAN, N_ ("podman") },
  { "docker-socket", SOCKET, "%t/docker.sock", DOCKER, N_ ("docker") },
  { "display", SOCKET, "%t/wayland-0", DISPLAY, N_ ("your screen") },
  { "display", SOCKET, "%t/wayland-1", DISPLAY, N_ ("your screen") },
  { "display", SOCKET, "%t/wayland-2", DISPLAY, N_ ("your screen") },
  { "display", SOCKET, "%t/wayland-3", DISPLAY, N_ ("your screen") },
  { "display", SOCKET, "%t/pipewire-0", DISPLAY, N_ ("sound and camera") },
  { "display", DIRECTORY, "%t/pulse", DISPLAY, N_ ("sound") },
  { "display", REGULAR, "~/.Xauthority", DISPLAY, N_ ("your screen") },
  { "display", DIRECTORY, "/tmp/.X11-unix", DISPLAY, N_ ("your screen") },
  { "display", DIRECTORY, "/tmp/.ICE-unix", DISPLAY, N_ ("your desktop session") },
  { "inner-runtime", DIRECTORY, "%t/inner", NULL, N_ ("the controls of other sandboxes") },
  { "inner-runtime", DIRECTORY, "/tmp/inner-%u", NULL, N_ ("the controls of other sandboxes") },
  { "terminals", DIRECTORY, "/tmp/tmux-%u", NULL, N_ ("your terminals") },
  { "runtime-directory", DIRECTORY, "%t", NULL, N_ ("the services of your session") },
  { "runtime-directory", DIRECTORY, "/run/user", NULL, N_ ("the services of your session") },

  /* Services of the machine */
  { "docker-socket", SOCKET, "/run/docker.sock", DOCKER, N_ ("docker") },
  { "podman-socket", DIRECTORY, "/run/podman", DOCKER, N_ ("podman of this machine") },
  { "containers", DIRECTORY, "/run/containerd", NULL, N_ ("containerd") },
  { "containers", DIRECTORY, "/run/crio", NULL, N_ ("CRI-O") },
  { "containers", DIRECTORY, "/run/lxd", NULL, N_ ("LXD") },
  { "containers", DIRECTORY, "/run/incus", NULL, N_ ("Incus") },
  { "containers", DIRECTORY, "/var/lib/lxd", NULL, N_ ("LXD") },
  { "containers", DIRECTORY, "/var/lib/incus", NULL, N_ ("Incus") },
  { "containers", DIRECTORY, "/var/snap/lxd", NULL, N_ ("LXD") },
  { "libvirt", DIRECTORY, "/run/libvirt", NULL, N_ ("virtual machines") },
  { "snapd", SOCKET, "/run/snapd.socket", NULL, N_ ("snapd") },
  { "snapd", SOCKET, "/run/snapd-snap.socket", NULL, N_ ("snapd") },
  { "smartcards", DIRECTORY, "/run/pcscd", NULL, N_ ("smart cards") },
  { "system-bus", DIRECTORY, "/run/dbus", NULL, N_ ("the system bus") },
  { "systemd", DIRECTORY, "/run/systemd", NULL, N_ ("the service manager of this machine") },

  /* Windows into the kernel and into other processes */
  { "processes", DIRECTORY, "/proc", NULL, N_ ("the processes of this machine") },
  { "kernel", DIRECTORY, "/sys", NULL, N_ ("the kernel's settings") },
  { "devices", DIRECTORY, "/dev", NULL, N_ ("the devices of this machine") },

  /* What the host acts on: whoever writes here decides what runs outside, or what a sandbox may do */
  { "inner-policy", POLICY, "~/.config/inner", NULL, N_ ("the rules for sandboxes") },
  { "inner-policy", POLICY, "%c/inner", NULL, N_ ("the rules for sandboxes") },
  { "inner-policy", POLICY, "~/.local/share/inner", NULL, N_ ("the rules for sandboxes") },
  { "inner-policy", POLICY, "%d/inner", NULL, N_ ("the rules for sandboxes") },
  { "inner-policy", POLICY, "~/.cache/inner", NULL, N_ ("downloaded rules for sandboxes") },
  { "inner-policy", POLICY, "%k/inner", NULL, N_ ("downloaded rules for sandboxes") },
  { "inner-records", DIRECTORY, "~/.local/state/inner", NULL, N_ ("the records of sandboxes") },
  { "inner-records", DIRECTORY, "%s/inner", NULL, N_ ("the records of sandboxes") },
  { "inner-policy", POLICY, "/etc/inner", NULL, N_ ("the rules for sandboxes") },
  /* What one sandbox keeps is not for another; the policy above keeps them from writing it */
  { "sandbox-homes", DIRECTORY, "~/.local/share/inner/homes", NULL, N_ ("the homes of sandboxes") },
  { "sandbox-homes", DIRECTORY, "%d/inner/homes", NULL, N_ ("the homes of sandboxes") },
  { "sandbox-copies", DIRECTORY, "~/.local/state/inner/copies", NULL,
    N_ ("the private copies of sandboxes") },
  { "sandbox-copies", DIRECTORY, "%s/inner/copies", NULL, N_ ("the private copies of sandboxes") },
  { "startup", POLICY, "~/.config/systemd", NULL, N_ ("what starts with your session") },
  { "startup", POLICY, "~/.local/share/systemd", NULL, N_ ("what starts with your session") },
  { "startup", POLICY, "~/.config/autostart", NULL, N_ ("what starts with your session") },
  { "startup", POLICY, "~/.config/environment.d", NULL, N_ ("what starts with your session") },
  { NULL, DIRECTORY, NULL, NULL, NULL },
};

static gboolean
refuse (const InnerSensitive *thing, const char *path, const char *source, GError **error)
{
  g_autofree char *shown = inner_escape_for_display (source);
  const char *description = _ (thing->description);

  if (thing->kind == INNER_SENSITIVE_POLICY)
    g_set_error (error, INNER_ERROR, INNER_ERROR_MOUNT_REFUSED,
                 _ ("“%s” cannot be mounted writable because of %s (%s); mount it read-only or "
                    "choose another directory"),
                 shown, path, description);
  else if (!inner_path_is_within (source, path))
    g_set_error (
        error, INNER_ERROR, INNER_ERROR_MOUNT_REFUSED,
        _ ("“%s” cannot be mounted because it holds %s (%s); name the directory in it that "
           "the command needs"),
        shown, path, description);
  else if (thing->privilege != NULL)
    g_set_error (error, INNER_ERROR, INNER_ERROR_MOUNT_REFUSED,
                 _ ("“%s” cannot be mounted because it belongs to %s (%s), which takes the "
                    "privilege “%s”; copy what the command needs into the workspace"),
                 shown, path, description, thing->privilege);
  else
    g_set_error (error, INNER_ERROR, INNER_ERROR_MOUNT_REFUSED,
                 _ ("“%s” cannot be mounted because it belongs to %s (%s), which no sandbox gets; "
                    "copy what the command needs into the workspace"),
                 shown, path, description);
  return FALSE;
}

/* SECURITY: a word opens only what its own privilege is for, because that is what polkit is asked: “podman-socket”
 * does not open the podman of root, which is docker's privilege (attack 110; tests/unit/test-policy.c). */
gboolean
inner_sensitive_is_opened (const InnerSensitive *thing, const char *const *allow)
{
  for (; allow != NULL && thing->privilege != NULL && *allow != NULL; allow++)
    {
      const InnerPrivilege *privilege = inner_privilege_resolve (*allow);

      if (privilege != NULL && g_str_equal (privilege->key, thing->privilege) &&
          (g_str_equal (*allow, thing->key) || g_str_equal (*allow, thing->privilege)))
        return TRUE;
    }

  return FALSE;
}

/* Whether two paths below the home directory have nothing to do with each other, found out without making any: most of
 * the table is of this kind, and is asked for each mount. @canonical has no links, @home neither. */
static gboolean
is_elsewhere_in_home (const InnerSensitive *thing, const char *canonical, const char *home)
{
  const char *rest = canonical + strlen (home);

  if (thing->path[0] != '~' || inner_path_is_within (home, canonical))
    return FALSE;
  return !inner_path_is_within (canonical, home) ||
         (!inner_path_is_within (rest, thing->path + 1) &&
          !inner_path_is_within (thing->path + 1, rest));
}

gboolean
inner_sensitive_is_in_home (const InnerSensitive *thing, const char *path, const char *home)
{
  return thing->kind != INNER_SENSITIVE_POLICY && !g_str_has_prefix (thing->path, "%t") &&
         inner_path_is_within (path, home);
}

gboolean
inner_sensitive_check_mount (const char *source,
                             gboolean writable,
                             const char *home,
                             const char *runtime_dir,
                             GError **error)
{
  return inner_sensitive_check_mount_allowing (source, writable, home, runtime_dir, NULL, error);
}

/* SECURITY: what is opened may be read, never changed: whoever writes into “~/.ssh” decides who logs in
 * (attack 63). Sockets and what else lies in run-time directories have ways of their own
 * (inner-plan-engines.c). tests/unit/test-policy.c */
static gboolean
is_readable (const InnerSensitive *thing, gboolean writable, const char *const *allow)
{
  gboolean is_file = g_strcmp0 (thing->privilege, CREDENTIALS) == 0 && thing->kind != SOCKET;
  gboolean is_beside_files = g_strcmp0 (thing->privilege, AGENTS) == 0 && thing->path[0] == '~';

  return !writable && (is_file || is_beside_files) && inner_sensitive_is_opened (thing, allow);
}

gboolean
inner_sensitive_check_mount_allowing (const char *source,
                                      gboolean writable,
                                      const char *home,
                                      const char *runtime_dir,
                                      const char *const *allow,
                                      GError **error)
{
  g_autofree char *canonical = inner_sensitive_canonicalize (source);

  /* SECURITY: the object decides, not the place where it would appear: mounting “~/.ssh”, a key in
   * it, “~” or “/” under any other name is refused all the same, and a directory of the home that
   * holds one is shown without it (attacks 40, 54, 64, 66, 73 to 75;
   * tests/unit/test-policy.c). */
  for (const InnerSensitive *thing = inner_sensitive_things; thing->key != NULL; thing++)
    {
      const char *path;

      if (inner_layer_is_off ("hide"))
        break;
      if (is_elsewhere_in_home (thing, canonical, home))
        continue;
      path = inner_sensitive_path (thing, home, runtime_dir);
      if (path == NULL || (thing->kind == INNER_SENSITIVE_POLICY && !writable) ||
          is_readable (thing, writable, allow))
        continue;
      if (inner_path_is_within (canonical, path) ||
          (inner_path_is_within (path, canonical) &&
           (inner_path_is_within (home, canonical) || thing->kind == SOCKET ||
            !inner_sensitive_is_in_home (thing, path, home))))
        return refuse (thing, path, canonical, error);
    }

  return TRUE;
}

/* SECURITY: the session bus is never given as it is, only through a proxy (attack 66;
 * tests/unit/test-policy.c). */
gboolean
inner_sensitive_is_socket_of (const char *path,
                              const char *home,
                              const char *runtime_dir,
                              const char *const *allow)
{
  for (const InnerSensitive *thing = inner_sensitive_things; thing->key != NULL; thing++)
    {
      const char *place = inner_sensitive_path (thing, home, runtime_dir);

      if (thing->kind == SOCKET && g_strcmp0 (place, path) == 0)
        return g_strcmp0 (thing->privilege, SESSION) != 0 &&
               inner_sensitive_is_opened (thing, allow);
    }

  return FALSE;
}

/* SECURITY: the caller's variables tell where a socket is, and must not turn the privilege for one thing into
 * another (attacks 66, 73 and 74; tests/unit/test-policy.c). */
gboolean
inner_sensitive_check_socket (const char *path,
                              const char *home,
                              const char *runtime_dir,
                              const char *const *allow,
                              GError **error)
{
  for (const InnerSensitive *thing = inner_sensitive_things; thing->key != NULL; thing++)
    {
      const char *place = inner_sensitive_path (thing, home, runtime_dir);

      if (place == NULL || thing->kind == INNER_SENSITIVE_POLICY ||
          !inner_path_is_within (path, place))
        continue;
      return inner_sensitive_is_opened (thing, allow) || refuse (thing, place, path, error);
    }

  return TRUE;
}

gboolean
inner_path_is_within (const char *path, const char *directory)
{
  gsize length = strlen (directory);

  if (g_str_equal (directory, "/"))
    return TRUE;
  return strncmp (path, directory, length) == 0 && (path[length] == '\0' || path[length] == '/');
}
