/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the fuzzers share: the properties that every document has, whatever bytes it is made of. A
 * property that does not hold, a critical message of GLib and whatever the sanitizers see stop the
 * fuzzer, which then writes the input down.
 */

#include <stddef.h>
#include <stdint.h>

#include "../unit/test-profile-common.h"

int            LLVMFuzzerInitialize     (int           *argc,
                                         char        ***argv);
int            LLVMFuzzerTestOneInput   (const uint8_t *data,
                                         size_t         size);

/* A sentence for people: UTF-8, without control characters, not empty. */
void           check_sentence           (const char    *text);

/* What is told about @text: sentences, not too many, each with a place that is in the text. */
void           check_problems           (GPtrArray     *problems,
                                         const char    *text,
                                         gsize          length);

/* Reads @text and checks what is told about it: a profile or at least one problem, each with a place
 * that is in the document. (transfer full) (nullable) */
InnerProfile  *check_parse              (const char    *text,
                                         gsize          length,
                                         InnerNotation  notation,
                                         const char    *schema_path);

/* Checks that only values the table of keys allows are in @profile, and that it is itself again after
 * it was written and read, in both notations. */
void           check_profile            (InnerProfile  *profile);

/* The published schema. */
const char    *fuzz_schema              (void);
