/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the service and a supervisor say to each other (what a supervisor says to the PID 1 of its
 * sandbox: inner-init-protocol.h). libglib only: the supervisor links no GIO, because linking it
 * costs 1.5 ms a start.
 *
 * Service <-> supervisor: an AF_UNIX SOCK_SEQPACKET socket, one message a packet, each a GVariant
 * of type INNER_WIRE_TYPE: the message's name and its values; descriptors by SCM_RIGHTS. An unknown
 * name or a missing value ends the conversation: both sides come from one build or the state file's
 * version says otherwise.
 *
 * | name           | from       | values                                             | descriptors |
 * |----------------|------------|----------------------------------------------------|-------------|
 * | launch         | service    | -                                                  | record, then those of the record's "descriptors" |
 * | exec           | service    | tag u                                              | command block, stdin, stdout, stderr; an empty directory and variables that are not set are those of the main command |
 * |                |            | with columns q, rows q: on a terminal of its own   | one more: a stream socket for the terminal |
 * | signal         | service    | signal i, tag u (0 = main command)                 | - |
 * | resize         | service    | tag u (0 = main command), columns q, rows q        | - |
 * | attach         | service    | tag u, mode s ("", "read-only", "steal"), columns q, rows q | a stream socket for the terminal |
 * | detach         | service    | - from now on it outlives its client               | - |
 * | stop           | service    | grace-ms u, reason s                               | - |
 * | publish        | service    | tag u, word s, inside q: one more way in, see inner-publish.h | the socket that listens |
 * | forget         | service    | - the end was taken note of; clean up and go       | - |
 * | listen         | service    | listening b: somebody is there who can be asked about destinations; until the line ends | - |
 * | decide         | service    | tag u, destination s, answer s (INNER_EGRESS_ONCE, …), granted s (who granted it) | - |
 * | state          | supervisor | properties a{sv}, state s, pid u, started-at x, landlock u, denied aa{sv}, allowed aa{sv}; first message on an adopted line; "exited" follows if it has ended | - |
 * | started        | supervisor | pid i (of PID 1, on the host), at x (µs since the epoch), landlock u (ABI, 0 = none) | - |
 * | failed         | supervisor | kind s ("bwrap", "egress", "exec", "directory", "internal"), errno i, message s; nothing is left then | - |
 * | exited         | supervisor | code i, reason s, signal i, at x, guarded aa{sv}, denied aa{sv}, limits-hit as | - |
 * | guarded        | supervisor | guarded aa{sv}: all findings, after "exited", when a long look at the workspace found more | - |
 * | detached       | supervisor | - to all: it outlives its client                   | - |
 * | attached       | supervisor | tag u, errno i (0 = attached), read-only b         | - |
 * | published      | supervisor | tag u, message s (empty: it is open); before it, to every service, with tag 0: published as (all of them from now on) | - |
 * | network        | supervisor | an event of the gateway                            | - |
 * | allowed        | supervisor | allowed aa{sv}: what was opened while it runs: destination s, answer s, at x | - |
 * | decided        | supervisor | tag u, code i (of InnerError), message s: why not, empty if it was carried out | - |
 * | exec-started   | supervisor | tag u, pid i                                       | - |
 * | exec-failed    | supervisor | tag u, errno i, kind s ("exec", "directory")       | - |
 * | exec-exited    | supervisor | tag u, code i, signal i                            | - |
 *
 * Supervisor <-> gateway (inner-egress, started where the record has "egress"): the same kind of socket.
 *
 * | name           | from       | values                                             | descriptors |
 * |----------------|------------|----------------------------------------------------|-------------|
 * | configure      | supervisor | those of the record's "egress"                     | - |
 * | join           | supervisor | -                                                  | the sandbox's network namespace |
 * | publish        | supervisor | tag u (0 = from the start, before "join"), word s, inside q | the socket that listens |
 * | finish         | supervisor | - the sandbox has ended: last events, then end of line | - |
 * | listen         | supervisor | listening b                                        | - |
 * | decide         | supervisor | as above                                           | - |
 * | ready          | gateway    | - the sandbox is served from now on                | - |
 * | failed         | gateway    | message s                                          | - |
 * | decided        | gateway    | code i, message s; one for each "decide", in order | - |
 * | published      | gateway    | tag u (not 0), message s (empty: it is open)       | - |
 * | network        | gateway    | an event, see INNER_EGRESS_*; the supervisor passes it on to every service | - |
 *
 * A tag is 1 to 2^24 - 1 and in use until exec-failed or exec-exited; a new line begins with none. What
 * still runs when the main command ends gets no exec-exited: "exited" ends it all. "exited" may come
 * without "started", when a sandbox is stopped while it starts. An exec that finds too many descriptors
 * on their way or too many commands fails with ETOOMANYREFS or EAGAIN.
 *
 * The record is a sealed memfd that holds one GVariant of type INNER_RECORD_TYPE with the keys
 * INNER_RECORD_* below; every key but "guard", "egress", "publish", "journal", "terminal", "idle-ms", "ids", "bus-proxy",
 * "logins" and "bounds" is required.
 */

#include <glib.h>

#include "inner-init-protocol.h"

G_BEGIN_DECLS

#define INNER_WIRE_TYPE            "(sa{sv})"
#define INNER_RECORD_TYPE          "a{sv}"
#define INNER_WIRE_MAX_BYTES       (64u * 1024)
#define INNER_WIRE_MAX_TAG         ((1u << 24) - 1)
#define INNER_WIRE_MAX_FDS         250   /* the kernel's SCM_MAX_FD is 253 */

#define INNER_WIRE_LAUNCH          "launch"
#define INNER_WIRE_MORE            "more"
#define INNER_WIRE_EXEC            "exec"
#define INNER_WIRE_SIGNAL          "signal"
#define INNER_WIRE_RESIZE          "resize"
#define INNER_WIRE_ATTACH          "attach"
#define INNER_WIRE_DETACH          "detach"
#define INNER_WIRE_STOP            "stop"
#define INNER_WIRE_FORGET          "forget"
#define INNER_WIRE_STATE           "state"
#define INNER_WIRE_STARTED         "started"
#define INNER_WIRE_FAILED          "failed"
#define INNER_WIRE_EXITED          "exited"
#define INNER_WIRE_GUARDED         "guarded"
#define INNER_WIRE_DETACHED        "detached"
#define INNER_WIRE_ATTACHED        "attached"
#define INNER_WIRE_PUBLISH         "publish"
#define INNER_WIRE_PUBLISHED       "published"
#define INNER_WIRE_NETWORK         "network"
#define INNER_WIRE_CONFIGURE       "configure"
#define INNER_WIRE_JOIN            "join"
#define INNER_WIRE_READY           "ready"
#define INNER_WIRE_FINISH          "finish"
#define INNER_WIRE_LISTEN          "listen"
#define INNER_WIRE_DECIDE          "decide"
#define INNER_WIRE_DECIDED         "decided"
#define INNER_WIRE_ALLOWED         "allowed"
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
                                                     * -4: pidfd of the client whose end ends an attached sandbox;
                                                     * -5: the run-time directory, locked (flock) as long as the supervisor lives:
                                                     *     who can take the lock may clean the directory up;
                                                     * -6: a second file for the output (output.log);
                                                     * -7: a stream socket for the terminal;
                                                     * -8: the directory of its private copies, locked in the same way and removed at the end;
                                                     * -100 and below: the roots of "guard", in order;
                                                     * -200 and below: sockets that listen for "publish", in order */
#define INNER_RECORD_TIMEOUT       "timeout-ms"     /* t: 0 = none */
#define INNER_RECORD_GRACE         "grace-ms"       /* u: between SIGTERM and SIGKILL */
#define INNER_RECORD_DETACHED      "detached"       /* b */
#define INNER_RECORD_PROPERTIES    "properties"     /* a{sv}: given back by "state", so that a new service can adopt */
#define INNER_RECORD_GUARD         "guard"          /* INNER_GUARD_PLAN_TYPE (service/guard/inner-guard.h); without it nothing is guarded */
#define INNER_RECORD_JOURNAL       "journal"        /* a{sv}, INNER_JOURNAL_KEY_*; without it there is no record of the run */
#define INNER_RECORD_TERMINAL      "terminal"       /* (qqb): columns and rows of a terminal of its own, and whether a line ends behind all
                                                     * that was shown; without it there is none */
#define INNER_RECORD_IDLE          "idle-ms"        /* t: without output for so long it is ended; without it, or 0, it is not */
#define INNER_RECORD_IDS           "ids"            /* INNER_IDS_TYPE: users and groups of a sandbox with “nested-user-ns”, as newuidmap(1) and
                                                     * newgidmap(1) take them: inside, outside, count; without it there is one of each */
#define INNER_RECORD_PROXY         "bus-proxy"      /* as: program, address of the session bus, names to talk to as options; see inner-proxy.c */
#define INNER_RECORD_LOGINS        "logins"         /* INNER_LOGINS_TYPE; without it no agent has a login in the sandbox */
#define INNER_RECORD_EGRESS        "egress"         /* a{sv} with INNER_EGRESS_PROGRAM to INNER_EGRESS_NO_PROXY; without it there never is a gateway.
                                                     * Where it serves nothing, it is started for published ports only */
#define INNER_RECORD_PUBLISH       "publish"        /* INNER_PUBLISH_TYPE: word (inner-publish.h) and port inside of what is published from the start */
#define INNER_RECORD_BOUNDS        "bounds"         /* a{st}: INNER_BOUND_*, each above 0; without one, that is not bounded */
#define INNER_RECORD_MORE          "more"           /* b: the message "more" follows, with a second record for what bubblewrap does not need to
                                                     * start: "guard" and "journal" */
#define INNER_RECORD_VERSION_NOW   2
#define INNER_IDS_TYPE             "(auau)"
#define INNER_PUBLISH_TYPE         "a(sq)"
#define INNER_NEWUIDMAP            "/usr/bin/newuidmap"
#define INNER_NEWGIDMAP            "/usr/bin/newgidmap"

#define INNER_JOURNAL_KEY_STATE    "state"          /* s: $XDG_STATE_HOME/inner */
#define INNER_JOURNAL_KEY_PLANNED  "planned"        /* a{sv}: the values of the first event */
#define INNER_JOURNAL_KEY_SECRETS  "secrets"        /* aay: what must not stand in the record */
#define INNER_JOURNAL_KEY_OUTPUT   "output"         /* b: keep a copy of the output */
#define INNER_JOURNAL_KEY_RECORDING "recording"     /* b: keep what the terminal shows */

/* The first three are checked: the cgroup of the supervisor must have these bounds, or tighter ones, before
 * the command runs. */
#define INNER_BOUND_MEMORY         "memory"         /* bytes, without swap */
#define INNER_BOUND_CPU            "cpu"            /* thousandths of a processor */
#define INNER_BOUND_TASKS          "tasks"          /* processes and threads in the cgroup */
#define INNER_BOUND_PROCESSES      "processes"      /* RLIMIT_NPROC of all commands, in the sandbox's user namespace */

#define INNER_DESCRIPTOR_STDIN     (-1)
#define INNER_DESCRIPTOR_STDOUT    (-2)
#define INNER_DESCRIPTOR_STDERR    (-3)
#define INNER_DESCRIPTOR_CLIENT    (-4)
#define INNER_DESCRIPTOR_DIRECTORY (-5)
#define INNER_DESCRIPTOR_LOG       (-6)
#define INNER_DESCRIPTOR_TERMINAL  (-7)
#define INNER_DESCRIPTOR_COPIES    (-8)
#define INNER_DESCRIPTOR_ROOT      (-100)
#define INNER_DESCRIPTOR_PUBLISHED (-200)

/* Values of "configure"; each is required. Lists hold patterns, no groups. */
#define INNER_EGRESS_PROGRAM       "program"        /* s: absolute path of the gateway; for the supervisor */
#define INNER_EGRESS_SERVES        "serves"         /* b: what the sandbox dials; else nothing leads out, and the rest is without effect */
#define INNER_EGRESS_OPEN          "open"           /* b: every public host is allowed */
#define INNER_EGRESS_ALLOW         "allow"          /* as */
#define INNER_EGRESS_DENY          "deny"           /* as */
#define INNER_EGRESS_ASK           "ask"            /* b: who is there to listen is asked about what no entry names */
#define INNER_EGRESS_REQUIRE_NAME  "require-name"   /* b: on port 443 the server name of TLS is the name that was resolved */
#define INNER_EGRESS_PROXY         "proxy"          /* s: https_proxy of the host, empty for none */
#define INNER_EGRESS_NO_PROXY      "no-proxy"       /* s */

/* Values of "network", each is there: decision s, name s (empty: an address was asked for), address s (empty: not known),
 * port q (0: only the name was asked for), rule s (the entry that decided, empty for none), reason s, sent t and
 * received t (bytes), duration-ms x, count u (so often since the last time this was told), at x (µs since the
 * epoch). The decisions: */
#define INNER_EGRESS_ALLOWED       "allowed"        /* a connection is established */
#define INNER_EGRESS_DENIED        "denied"         /* the rules refused a name or a connection */
#define INNER_EGRESS_FAILED        "failed"         /* it was allowed, but did not come about */
#define INNER_EGRESS_CLOSED        "closed"         /* an established connection has ended; reason is empty if all went well */
#define INNER_EGRESS_ASKED         "asked"          /* connections wait until a person has answered */
#define INNER_EGRESS_ANSWERED      "answered"       /* that is over; with a reason it was refused */
#define INNER_EGRESS_REACHED       "reached"        /* a program of this machine is connected to a published port: rule is how that was
                                                     * published, port is that of the sandbox */
#define INNER_EGRESS_LOST          "lost"           /* so many events (count) were too many to be told */
#define INNER_EGRESS_ENDED         "ended"          /* from the supervisor: the gateway died, nothing leads out or in any more */

/* Answers about a destination */
#define INNER_EGRESS_ONCE           "once"          /* allowed for the connections that wait, else for the next one */
#define INNER_EGRESS_SESSION        "session"       /* allowed as long as the sandbox lives */
#define INNER_EGRESS_PROFILE        "profile"       /* the same, and its profile will say so; that is the service's to do */
#define INNER_EGRESS_REFUSE_ONCE    "refuse-once"   /* refused, and not asked about again for a minute */
#define INNER_EGRESS_REFUSE_SESSION "refuse-session" /* refused, and not asked about again */

/* Files in the run-time directory of a sandbox ($XDG_RUNTIME_DIR/inner/<id>/, mode 0700) */
#define INNER_FILE_CONTROL         "control"        /* the supervisor's listening SOCK_SEQPACKET socket */
#define INNER_FILE_EXIT            "exit"           /* written by the supervisor when no service took note of the end: GVariant a{sv}, values of "exited" and "properties" */
#define INNER_FILE_EXIT_NEW        "exit.new"       /* the same while it is written */
#define INNER_FILE_EXIT_AFTERWARDS ".inner-guard-exit" /* the same while whoever finishes for a supervisor writes it */
#define INNER_FILE_GUARD           "guard"          /* notes of guarded paths, see service/guard/inner-guard.h; removed when they were compared */
#define INNER_FILE_GUARD_NEW       "guard.new"      /* the same while it is written */
#define INNER_FILE_BUS_DIRECTORY   "bus"            /* what a sandbox with “session-bus” sees of it, with the socket of its proxy: */
#define INNER_FILE_BUS             "bus"
#define INNER_FILE_LOGINS          "logins"         /* INNER_LOGINS_NOTE_TYPE: what became of logins, for the service to judge and to remove */
#define INNER_FILE_LOGINS_NEW      ".inner-guard-logins"  /* the same while it is written */
#define INNER_FILE_INIT            "init"           /* the process id of the sandbox's PID 1 on the host, in digits */

/* Removes all of these from the run-time directory @directory of a sandbox. What else might be in it is nothing of
 * ours, and keeps it alive. */
void      inner_wire_remove_files (int directory);

/* Logins of which the sandbox has copies: whether renewed ones are taken over, the home directory, and of each its
 * agent, its path below the home, and the SHA-256 of the file on the host and of the copy. */
#define INNER_LOGINS_TYPE          "(bsa(ssss))"
/* The same, whether the sandbox was looked at after its end, and of what is no longer as it was: its index, why it
 * could not be read (errno), and its bytes if renewed logins are taken over. */
#define INNER_LOGINS_NOTE_TYPE     "(" INNER_LOGINS_TYPE "ba(uiay))"
#define INNER_LOGIN_MAX_BYTES      (1024u * 1024)

/* Descriptor number on which a supervisor finds the service's socket when it starts. */
#define INNER_SUPERVISOR_FD        3   /* = INNER_SPAWN_FD */
#define INNER_EGRESS_FD            3   /* the same for a gateway and its supervisor's */

/* Sends @name with @values (a{sv}, floating is sunk; %NULL = none) and @n_fds descriptors (not
 * consumed). FALSE with errno set on failure; EPIPE when the other side is gone. Never raises
 * SIGPIPE, never waits: EAGAIN when the other side does not read. */
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

/* Gives a command block (inner-init-protocol.h) for @argv with the environment @envp (both ended by
 * %NULL) in @directory; transfer full. The receiver wants it in a sealed memfd. */
GBytes   *inner_command_block_new (const char        *directory,
                                   const char *const *argv,
                                   const char *const *envp);

/* Whether the other end of @fd belongs to our own user; FALSE if that cannot be told. */
gboolean  inner_wire_peer_is_ours (int fd);

G_END_DECLS
