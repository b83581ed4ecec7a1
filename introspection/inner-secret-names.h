/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the names of environment variables say about their values, for inner_name_is_secret() and for inner-probe.
 * Plain C, because the probe links no GLib.
 */

/* Parts of a name, in capitals, that nothing else than a secret has. */
#define INNER_SECRET_NAME_PARTS                                                                    \
  "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "PRIVATE", "API_KEY", "APIKEY",           \
      "ACCESS_KEY"

/* Parts that secrets have, and harmless variables too (KEYBOARD, XDG_SESSION_TYPE): enough not to
 * give a value away, not enough to say that a sandbox has a secret. */
#define INNER_SECRET_NAME_PARTS_UNSURE                                                             \
  "KEY", "AUTH", "SESSION", "COOKIE", "DSN", "DATABASE_URL", "CONNECTION_STRING"
