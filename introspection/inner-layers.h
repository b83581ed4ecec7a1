/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * For the tests of a build with -Ddisable-layers=true: INNER_DISABLE_LAYER names layers of the sandbox, with commas
 * between, that are left out, so that tests/attack/matrix can show which of them stops what. Plain C, because
 * inner-init links no GLib.
 *
 * SECURITY: in every other build this is the constant “false” and the name of the variable is in no program
 * (attack 65; tests/attack/test_065_no_layer_switch.py), and meson refuses a build with it that could be installed
 * anywhere but in its own directory.
 */

#include <stdbool.h>

#ifdef INNER_DISABLE_LAYERS

#include <stdlib.h>
#include <string.h>

#define INNER_ENV_DISABLE_LAYER "INNER_DISABLE_LAYER"

/* Whether @layer was left out. The names are in tests/attack/layers.py. */
static inline bool
inner_layer_is_off (const char *layer)
{
  const char *names = getenv (INNER_ENV_DISABLE_LAYER);
  size_t length = strlen (layer);

  for (; names != NULL && *names != '\0'; names += strcspn (names, ","), names += *names == ',')
    if (strncmp (names, layer, length) == 0 && (names[length] == ',' || names[length] == '\0'))
      return true;

  return false;
}

/* @value, or a lower number that stands behind @prefix. */
static inline long
inner_layer_limit (const char *prefix, long value)
{
  const char *names = getenv (INNER_ENV_DISABLE_LAYER);
  const char *found = names != NULL ? strstr (names, prefix) : NULL;
  long limit = found != NULL ? strtol (found + strlen (prefix), NULL, 10) : value;

  return limit < value ? limit : value;
}

/* What "inner-init" and the supervisor need of it: the name for --setenv, and KEY=VALUE; %NULL if none is left out. */
#define inner_layers_value() getenv (INNER_ENV_DISABLE_LAYER)

#else

#define inner_layer_is_off(layer) false
#define inner_layer_limit(prefix, value) (value)

#endif
