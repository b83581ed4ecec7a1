/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * InnerError:
 *
 * The errors of the D-Bus contract; their names are INNER_ERROR_PREFIX followed by the word in the
 * comment. Each message is a sentence that names the thing, the cause and the next step.
 */
typedef enum {
  INNER_ERROR_PROFILE_NOT_FOUND,          /* ProfileNotFound */
  INNER_ERROR_PROFILE_INVALID,            /* ProfileInvalid */
  INNER_ERROR_PROFILE_UNTRUSTED,          /* ProfileUntrusted */
  INNER_ERROR_INVALID_OPTION,             /* InvalidOption */
  INNER_ERROR_MOUNT_REFUSED,              /* MountRefused */
  INNER_ERROR_NOT_AUTHORIZED,             /* NotAuthorized */
  INNER_ERROR_NOT_AUTHORIZED_CAN_OBTAIN,  /* NotAuthorized.CanObtain */
  INNER_ERROR_NOT_AUTHORIZED_DISMISSED,   /* NotAuthorized.Dismissed */
  INNER_ERROR_POLKIT_UNAVAILABLE,         /* PolkitUnavailable */
  INNER_ERROR_HOST_UNSUPPORTED,           /* HostUnsupported */
  INNER_ERROR_NOT_FOUND,                  /* NotFound */
  INNER_ERROR_NAME_IN_USE,                /* NameInUse */
  INNER_ERROR_LAUNCH_FAILED,              /* LaunchFailed */
  INNER_ERROR_LIMIT_EXCEEDED,             /* LimitExceeded */
  INNER_ERROR_BUSY,                       /* Busy */
  INNER_ERROR_COMMAND_NOT_FOUND,          /* CommandNotFound */
  INNER_N_ERRORS
} InnerError;

#define INNER_ERROR (inner_error_quark ())

/* Gives the error domain; the first call registers the D-Bus names, so both programs call it once
 * at start, before the first error can arrive. */
GQuark    inner_error_quark            (void);

/* Whether @error is one of the three NotAuthorized forms, ProfileUntrusted or PolkitUnavailable:
 * what innerctl answers with exit code 126. */
gboolean  inner_error_is_refusal       (const GError *error);

G_END_DECLS
