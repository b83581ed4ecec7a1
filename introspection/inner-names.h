/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Every name that more than one program must spell the same way stands here and nowhere else. */

/* D-Bus */
#define INNER_BUS_NAME                  "org.inner.Sandbox"
#define INNER_OBJECT_PATH               "/org/inner/Sandbox"
#define INNER_INSTANCE_PATH             "/org/inner/Sandbox/instance"
#define INNER_INSTANCE_PREFIX           INNER_INSTANCE_PATH "/"
#define INNER_INTERFACE_SANDBOX         "org.inner.Sandbox"
#define INNER_INTERFACE_INSTANCE        "org.inner.Sandbox.Instance"
#define INNER_ERROR_PREFIX              "org.inner.Sandbox.Error."
#define INNER_API_VERSION               1

/* The systemd of the user: below the run-time directory, the socket on which it speaks D-Bus without a bus. */
#define INNER_MANAGER_SOCKET            "systemd/private"

/* polkit */
#define INNER_ACTION_PREFIX             "org.inner.sandbox."

/* Limits of the contract. */
#define INNER_MAX_NAME                  64
#define INNER_DOCUMENT_MAX_BYTES        (1024 * 1024)   /* of a profile or configuration */
#define INNER_MAX_ARGUMENTS             4096
#define INNER_MAX_ARGUMENT_BYTES        (2u * 1024 * 1024)
#define INNER_MAX_SANDBOXES             256             /* of a user, alive at once */
#define INNER_MAX_WAITERS               1024            /* calls of Wait for one sandbox that are not answered */
#define INNER_MAX_MOUNTS                256
#define INNER_MAX_PUBLISHED             32              /* ports of one sandbox */

/* The size of a terminal when nobody says one. */
#define INNER_DEFAULT_COLUMNS           80
#define INNER_DEFAULT_ROWS              24

/* Option keys of Plan, Start and Verify: see org.inner.Sandbox.xml for their meaning. */
#define INNER_OPTION_WORKSPACE          "workspace"
#define INNER_OPTION_CONFIRM_WORKSPACE  "confirm-workspace"
#define INNER_OPTION_DIRECTORY          "directory"
#define INNER_OPTION_ENTRYPOINT         "entrypoint"
#define INNER_OPTION_ARGUMENTS          "arguments"
#define INNER_OPTION_MOUNTS             "mounts"
#define INNER_OPTION_ENVIRONMENT        "environment"
#define INNER_OPTION_ENVIRONMENT_FD     "environment-fd"
#define INNER_OPTION_CALLER_ENV_FD      "caller-environment-fd"
#define INNER_OPTION_NETWORK            "network"
#define INNER_OPTION_ALLOW_HOSTS        "allow-hosts"
#define INNER_OPTION_ALLOW              "allow"
#define INNER_OPTION_PUBLISH            "publish"
#define INNER_OPTION_INTERACTIVE        "interactive"
#define INNER_OPTION_DETACH             "detach"
#define INNER_OPTION_NAME               "name"
#define INNER_OPTION_ID                 "id"
#define INNER_OPTION_TIMEOUT            "timeout"
#define INNER_OPTION_LIMITS             "limits"
#define INNER_OPTION_REQUIRE_LIMITS     "require-limits"
#define INNER_OPTION_UNHARDENED         "unhardened"
#define INNER_OPTION_STDIN              "stdin"
#define INNER_OPTION_STDOUT             "stdout"
#define INNER_OPTION_STDERR             "stderr"
#define INNER_OPTION_TERMINAL           "terminal"
#define INNER_OPTION_COLUMNS            "columns"
#define INNER_OPTION_ROWS               "rows"
#define INNER_OPTION_ID                 "id"
#define INNER_OPTION_READ_ONLY          "read-only"
#define INNER_OPTION_STEAL              "steal"
#define INNER_OPTION_GRACE              "grace"
#define INNER_OPTION_FOR                "for"
#define INNER_OPTION_ADDRESS            "address"
#define INNER_OPTION_PORT               "port"
#define INNER_OPTION_SANDBOX_PORT       "sandbox-port"

/* Of a sandbox's id, in characters. */
#define INNER_ID_LENGTH                 12

/* The profile when neither the caller nor the configuration names one. */
#define INNER_DEFAULT_PROFILE           "shell"

/* Where the workspace stands inside, and what of ours is visible there. */
#define INNER_WORKSPACE_PATH            "/workspace"
#define INNER_INSIDE_DIR                "/run/inner"
#define INNER_INSIDE_INIT               "/run/inner/inner-init"
#define INNER_INSIDE_PROBE              "/run/inner/inner-probe"
/* What stands in for commands (service/init/shim.c): the program, one link to it for each name, first on PATH, and
 * the table that tells it what to do. */
#define INNER_INSIDE_SHIM               "/run/inner/inner-shim"
#define INNER_INSIDE_BIN                "/run/inner/bin"
#define INNER_INSIDE_SHIMS              "/run/inner/shims"
#define INNER_INSIDE_BASHRC             "/run/inner/bashrc"

/* Why a sandbox ended: the value of the property ExitReason and of "reason" in Wait and Exited. */
#define INNER_REASON_EXITED             "exited"        /* the command ended by itself */
#define INNER_REASON_SIGNALED           "signaled"      /* the command died of a signal */
#define INNER_REASON_TIMEOUT            "timeout"       /* the time limit was over */
#define INNER_REASON_IDLE               "idle"          /* nothing was shown or typed for so long */
#define INNER_REASON_STOPPED            "stopped"       /* somebody called Stop or Kill(SIGKILL) */
#define INNER_REASON_CLIENT_GONE        "client-gone"   /* its client went away */
#define INNER_REASON_OUT_OF_MEMORY      "out-of-memory" /* killed because the memory limit was reached */
#define INNER_REASON_LOST               "lost"          /* its supervisor died; the status is unknown */

/* States of an instance */
#define INNER_STATE_STARTING            "starting"
#define INNER_STATE_RUNNING             "running"
#define INNER_STATE_STOPPING            "stopping"
#define INNER_STATE_EXITED              "exited"

/* Exit codes of innerctl (design/cli.md); the command's own code passes through. */
#define INNER_EXIT_TIMEOUT              124
#define INNER_EXIT_ERROR                125
#define INNER_EXIT_REFUSED              126
#define INNER_EXIT_NOT_FOUND            127
#define INNER_EXIT_SIGNAL_BASE          128

/* Values of the property Features: what this build of the service really does. */
#define INNER_FEATURE_PROFILES_TOML     "profiles-toml"
#define INNER_FEATURE_PROFILES_XML      "profiles-xml"
#define INNER_FEATURE_NETWORK_OFF       "network-off"
#define INNER_FEATURE_NETWORK_ALLOWLIST "network-allowlist"
#define INNER_FEATURE_NETWORK_OPEN      "network-open"
#define INNER_FEATURE_NETWORK_ASK       "network-ask"      /* AllowDestination and all about it */
#define INNER_FEATURE_NETWORK_HOST      "network-host"
#define INNER_FEATURE_PUBLISH           "publish"
#define INNER_FEATURE_EXEC              "exec"
#define INNER_FEATURE_DETACH            "detach"
#define INNER_FEATURE_TERMINAL          "terminal"
#define INNER_FEATURE_DOCTOR            "check-host"
#define INNER_FEATURE_CONFIGURATION     "configuration"
#define INNER_FEATURE_TRUST             "trust"
#define INNER_FEATURE_RECORDS           "records"
#define INNER_FEATURE_VERIFY            "verify"
#define INNER_FEATURE_LIMITS            "limits"

/* Environment variables that innerctl reads. The service reads none: what a sandbox needs comes
 * with the call. */
#define INNER_ENV_NO_COLOR              "NO_COLOR"
