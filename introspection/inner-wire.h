/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the service and a supervisor say to each other, and what a supervisor says to the PID 1 of
 * its sandbox. libglib only: the supervisor links no GIO, because linking it costs 1.5 ms a start.
 *
 * Service <-> supervisor: an AF_UNIX SOCK_SEQPACKET socket, one message a packet, each a GVariant
 * of type INNER_WIRE_TYPE: the message's name and its values; descriptors by SCM_RIGHTS. An unknown
 * name or a missing value ends the conversation: both sides come from one build or the state file's
 * version says otherwise.
 *
 * | name           | from       | values                                             | descriptors |
 * |----------------|------------|----------------------------------------------------|-------------|
 * | launch         | service    | -                                                  | record, then those of the record's "descriptors" |
 * | exec           | service    | tag u                                              | command block, stdin, stdout, stderr |
 * | signal         | service    | signal i, tag u (0 = main command)                 | - |
 * | stop           | service    | grace-ms u, reason s                               | - |
 * | forget         | service    | - the end was taken note of; clean up and go       | - |
 * | state          | supervisor | properties a{sv}; first message on an adopted line | - |
 * | started        | supervisor | pid i, at x (µs since the epoch)                   | - |
 * | failed         | supervisor | kind s ("bwrap", "exec", "internal"), errno i, message s | - |
 * | exited         | supervisor | code i, reason s, signal i, at x                   | - |
 * | exec-started   | supervisor | tag u, pid i                                       | - |
 * | exec-failed    | supervisor | tag u, errno i                                     | - |
 * | exec-exited    | supervisor | tag u, code i, signal i                            | - |
 *
 * The record is a sealed memfd that holds one GVariant of type INNER_RECORD_TYPE with the keys
 * INNER_RECORD_* below; every key is required.
 */

#include <glib.h>

G_BEGIN_DECLS

#define INNER_WIRE_TYPE            "(sa{sv})"
#define INNER_RECORD_TYPE          "a{sv}"
#define INNER_WIRE_MAX_BYTES       (64u * 1024)
#define INNER_WIRE_MAX_FDS         250   /* the kernel's SCM_MAX_FD is 253 */

#define INNER_WIRE_LAUNCH          "launch"
#define INNER_WIRE_EXEC            "exec"
#define INNER_WIRE_SIGNAL          "signal"
#define INNER_WIRE_STOP            "stop"
#define INNER_WIRE_FORGET          "forget"
#define INNER_WIRE_STATE           "state"
#define INNER_WIRE_STARTED         "started"
#define INNER_WIRE_FAILED          "failed"
#define INNER_WIRE_EXITED          "exited"
#define INNER_WIRE_EXEC_STARTED    "exec-started"
#define INNER_WIRE_EXEC_FAILED     "exec-failed"
#define INNER_WIRE_EXEC_EXITED     "exec-exited"

/* Keys of the record */
#define INNER_RECORD_VERSION       "version"        /* u: INNER_RECORD_VERSION_NOW */
#define INNER_RECORD_DIRECTORY     "directory"      /* s: run-time directory of this sandbox, made by the service, removed by the supervisor */
#define INNER_RECORD_BWRAP         "bwrap"          /* s: absolute path */
#define INNER_RECORD_ARGUMENTS     "arguments"      /* ay: bwrap's arguments, each ended by NUL, for --args */
#define INNER_RECORD_INIT          "init"           /* s: path of inner-init inside */
#define INNER_RECORD_COMMAND       "command"        /* ay: command block of the main command, see below */
#define INNER_RECORD_DESCRIPTORS   "descriptors"    /* ai: the number that each further descriptor of "launch" has in bwrap's arguments;
                                                     * -1, -2, -3: stdin, stdout, stderr of the main command;
                                                     * -4: pidfd of the client whose end ends an attached sandbox */
#define INNER_RECORD_TIMEOUT       "timeout-ms"     /* t: 0 = none */
#define INNER_RECORD_GRACE         "grace-ms"       /* u: between SIGTERM and SIGKILL */
#define INNER_RECORD_DETACHED      "detached"       /* b */
#define INNER_RECORD_PROPERTIES    "properties"     /* a{sv}: given back by "state", so that a new service can adopt */
#define INNER_RECORD_VERSION_NOW   1

#define INNER_DESCRIPTOR_STDIN     (-1)
#define INNER_DESCRIPTOR_STDOUT    (-2)
#define INNER_DESCRIPTOR_STDERR    (-3)
#define INNER_DESCRIPTOR_CLIENT    (-4)

/* Files in the run-time directory of a sandbox ($XDG_RUNTIME_DIR/inner/<id>/, mode 0700) */
#define INNER_FILE_CONTROL         "control"        /* the supervisor's listening SOCK_SEQPACKET socket */
#define INNER_FILE_EXIT            "exit"           /* written by the supervisor when no service took note of the end: GVariant a{sv}, values of "exited" and "properties" */

/* Descriptor number on which a supervisor finds the service's socket when it starts. */
#define INNER_SUPERVISOR_FD        3

/* Sends @name with @values (a{sv}, floating is sunk; %NULL = none) and @n_fds descriptors (not
 * consumed). FALSE with errno set on failure; EPIPE when the other side is gone. Never raises
 * SIGPIPE. */
gboolean  inner_wire_send      (int           fd,
                                const char   *name,
                                GVariant     *values,
                                const int    *fds,
                                guint         n_fds);

/* Receives one message: gives its values (a{sv}, transfer full), its name (transfer full) and its
 * descriptors (close-on-exec; transfer full GArray of int whose clear function closes them).
 * %NULL with errno 0 at end of file, EBADMSG for a packet that is not a message of ours, else the
 * error of recvmsg. */
GVariant *inner_wire_receive   (int           fd,
                                char        **name,
                                GArray      **fds);

/*
 * Supervisor <-> inner-init: an AF_UNIX SOCK_SEQPACKET pair; each packet is one InnerInitMessage.
 * INNER_INIT_EXEC carries four descriptors: command block, stdin, stdout, stderr.
 *
 * A command block is a sealed memfd: InnerCommandHeader, then argc + envc + 1 strings each ended by
 * NUL: the working directory, the arguments, the environment. inner-init checks every length.
 */
typedef struct {
  guint32 magic;
  guint32 argc;
  guint32 envc;
  guint32 flags;               /* 0 */
} InnerCommandHeader;

#define INNER_COMMAND_MAGIC        0x496e4331u      /* "InC1" */
#define INNER_INIT_MAGIC           0x496e4931u      /* "InI1" */
#define INNER_INIT_FD              3                /* inner-init finds its socket here */

typedef enum {
  INNER_INIT_EXEC = 1,         /* -> init: tag, four descriptors */
  INNER_INIT_SIGNAL = 2,       /* -> init: tag, value = signal, to that command's process group */
  INNER_INIT_STARTED = 3,      /* <- init: tag, value = pid inside; SCM_CREDENTIALS tell init's pid outside */
  INNER_INIT_FAILED = 4,       /* <- init: tag, value = errno of the exec */
  INNER_INIT_EXITED = 5,       /* <- init: tag, value = wait status */
  INNER_INIT_READY = 6,        /* <- init: value = Landlock ABI in force, 0 = none */
} InnerInitType;

typedef struct {
  guint32 magic;
  guint32 type;
  guint32 tag;                 /* 0 = the main command: init exits when it has ended */
  gint32  value;
} InnerInitMessage;

G_END_DECLS
