/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * inner-probe looks at a sandbox from the inside, as its command: libc only, static, so that it runs whatever the
 * sandbox shows. It looks and reports, and never mends.
 *
 * stdin: for each check three strings, each ended by NUL: kind, id, argument. stdout: for each check three strings, each
 * ended by NUL: id, status, detail. Each check runs in a process of its own, several at once, and has
 * PROBE_SECONDS; what does not end is an error, never a pass.
 */

#include <stdarg.h>
#include <stddef.h>

#define PROBE_SECONDS 5
#define PROBE_MAX_DETAIL 512

/* Statuses, see inner-verify.h */
#define PROBE_PASS "pass"
#define PROBE_FAIL "fail"
#define PROBE_ERROR "error"

/* What one check found. */
typedef struct {
  const char *status;
  char        detail[PROBE_MAX_DETAIL];
} Finding;

typedef void (*Look) (Finding *finding, const char *argument);

/* Set the status and append to the detail. A finding begins as an error, and the first of these decides, except that
 * probe_fail() always counts. */
void probe_pass  (Finding *finding, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
void probe_fail  (Finding *finding, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
void probe_error (Finding *finding, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/* Calls @take with each line of the file @path; 0, or -1 with errno. */
int  probe_lines (const char *path, void (*take) (char *line, void *data), void *data);

/* The looks, by kind */
typedef struct {
  const char *kind;
  Look        look;
} Kind;

extern const Kind probe_file_kinds[];     /* each ends with a row whose kind is NULL */
extern const Kind probe_process_kinds[];
extern const Kind probe_network_kinds[];
