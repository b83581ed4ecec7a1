/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-asked.h"

#include <glib/gi18n.h>
#include <string.h>

#include "inner-egress.h"
#include "inner-error.h"
#include "inner-wire.h"

/* SECURITY: a sandbox can think of names faster than a person can read. So the same one is asked about once, few are
 * asked about at a time and a minute, what was refused is not asked about again at once, and all else is refused
 * without a question (attack 94; test_094_flood_of_questions). */
#define MAX_QUESTIONS 8
#define BURST 16
#define SECONDS_A_QUESTION 2
#define MAX_WAITING 256      /* connections */
#define MAX_NAMES_LATER 1024 /* that were given an address before anybody was asked */
#define MAX_REFUSALS 512
#define QUESTION_US (60 * G_USEC_PER_SEC)
#define REFUSED_US (60 * G_USEC_PER_SEC)

#define MAX_OPENED 64
#define MAX_ONCE 64

typedef enum
{
  WAITING,
  ALLOWED,
  REFUSED,
} State;

/* What a person is asked about: a host at a port. */
typedef struct
{
  char *name; /* NULL: an address */
  InnerNetworkAddress address;
  guint16 port;
  gint64 since;
  State state;
  const char *reason;           /* of REFUSED; static */
  InnerNetworkPattern *pattern; /* of ALLOWED */
} Question;

/* What is not asked about. */
typedef struct
{
  InnerNetworkPattern *pattern;
  gint64 until;
} Refusal;

struct _InnerAsked
{
  InnerEgress *egress;
  gboolean asks;
  gboolean listening;
  GPtrArray *questions;      /* of Question */
  GPtrArray *once;           /* of InnerNetworkPattern: for one connection each */
  GPtrArray *refusals;       /* of Refusal */
  InnerNetworkPattern *used; /* the last one of @once that was used up; a verdict has its text */
  guint n_opened;
  guint tokens;
  guint seconds;
};

static void
question_free (gpointer data)
{
  Question *question = data;

  g_clear_pointer (&question->pattern, inner_network_pattern_free);
  g_free (question->name);
  g_free (question);
}

static void
refusal_free (gpointer data)
{
  Refusal *refusal = data;

  inner_network_pattern_free (refusal->pattern);
  g_free (refusal);
}

InnerAsked *
inner_asked_new (InnerEgress *egress, gboolean asks)
{
  InnerAsked *asked = g_new0 (InnerAsked, 1);

  asked->egress = egress;
  asked->asks = asks;
  asked->tokens = BURST;
  asked->questions = g_ptr_array_new_with_free_func (question_free);
  asked->once = g_ptr_array_new_with_free_func ((GDestroyNotify) inner_network_pattern_free);
  asked->refusals = g_ptr_array_new_with_free_func (refusal_free);
  return asked;
}

void
inner_asked_free (InnerAsked *asked)
{
  g_ptr_array_unref (asked->questions);
  g_ptr_array_unref (asked->once);
  g_ptr_array_unref (asked->refusals);
  g_clear_pointer (&asked->used, inner_network_pattern_free);
  g_free (asked);
}

static gboolean
is_about (const InnerNetworkPattern *pattern, const char *name, const InnerNetworkAddress *address)
{
  return name != NULL ? inner_network_pattern_has_name (pattern, name)
                      : inner_network_pattern_has_address (pattern, address);
}

static void
tell (InnerAsked *asked, const Question *question, const char *event, const char *reason)
{
  g_autofree char *address =
      question->name == NULL ? inner_network_address_to_string (&question->address) : NULL;

  inner_told_add_always (asked->egress->told,
                         &(InnerEvent){ event, question->name, address, question->port,
                                        question->pattern != NULL ? question->pattern->text : NULL,
                                        reason });
}

static Question *
find_question (InnerAsked *asked,
               const char *name,
               const InnerNetworkAddress *address,
               guint16 port)
{
  for (guint i = 0; i < asked->questions->len; i++)
    {
      Question *question = asked->questions->pdata[i];

      if (question->port == port &&
          (name != NULL ? g_strcmp0 (question->name, name) == 0
                        : question->name == NULL &&
                              memcmp (&question->address, address, sizeof *address) == 0))
        return question;
    }
  return NULL;
}

static gboolean
was_refused (InnerAsked *asked, const char *name, const InnerNetworkAddress *address, guint16 port)
{
  gint64 now = g_get_monotonic_time ();

  for (guint i = 0; i < asked->refusals->len; i++)
    {
      const Refusal *refusal = asked->refusals->pdata[i];

      if (refusal->until > now && is_about (refusal->pattern, name, address) &&
          inner_network_pattern_denies_port (refusal->pattern, port))
        return TRUE;
    }
  return FALSE;
}

InnerNameAnswer
inner_asked_judge_name (InnerAsked *asked, const char *name, InnerNetworkVerdict *verdict)
{
  /* An entry refuses it. */
  if (verdict->pattern != NULL)
    return INNER_NAME_REFUSED;
  for (guint i = 0; i < asked->once->len; i++)
    if (inner_network_pattern_has_name (asked->once->pdata[i], name))
      {
        *verdict = (InnerNetworkVerdict){ TRUE, asked->once->pdata[i], "" };
        return INNER_NAME_KNOWN;
      }
  if (!asked->asks || !asked->listening || was_refused (asked, name, NULL, 0) ||
      inner_givens_count_later (asked->egress->givens) >= MAX_NAMES_LATER)
    return INNER_NAME_REFUSED;
  return INNER_NAME_LATER;
}

/* Whether an entry for one connection is used up by this one. */
static gboolean
use_once (InnerAsked *asked, const char *name, const InnerNetworkAddress *address, guint16 port)
{
  for (guint i = 0; i < asked->once->len; i++)
    if (is_about (asked->once->pdata[i], name, address) &&
        inner_network_pattern_allows_port (asked->once->pdata[i], port))
      {
        g_clear_pointer (&asked->used, inner_network_pattern_free);
        asked->used = g_ptr_array_steal_index (asked->once, i);
        return TRUE;
      }
  return FALSE;
}

/* Why nobody is asked about it, or NULL. SECURITY: whom the rules refuse for a reason is not asked about, and nobody
 * is asked to open this machine or its network (attacks 79 and 86; test_086_local_network_is_never_opened). */
static const char *
why_not (InnerAsked *asked, const char *name, const InnerNetworkAddress *address, guint16 port)
{
  if (name == NULL && inner_givens_is_synthetic (address))
    return _ ("no name was asked for at this address");
  if (name == NULL && inner_network_address_is_special (address))
    return _ ("its address is one of this machine, of a local network or of no host");
  if (!asked->listening)
    return _ ("it is not on the allowlist, and nobody is there who could be asked");
  if (was_refused (asked, name, address, port))
    return _ ("it was refused by a person who was asked, or nobody answered");
  if (asked->questions->len >= MAX_QUESTIONS || asked->tokens == 0 ||
      asked->refusals->len >= MAX_REFUSALS)
    return _ ("it is not on the allowlist, and there are too many questions already");
  return NULL;
}

static void
ask (InnerAsked *asked, const char *name, const InnerNetworkAddress *address, guint16 port)
{
  Question *question = g_new0 (Question, 1);

  asked->tokens--;
  question->name = g_strdup (name);
  if (name == NULL)
    question->address = *address;
  question->port = port;
  question->since = g_get_monotonic_time ();
  g_ptr_array_add (asked->questions, question);
  tell (asked, question, INNER_EGRESS_ASKED, NULL);
}

/* What a connection does about whom there is a question. */
static gboolean
follow (InnerAsked *asked, Question *question, gboolean waits, InnerNetworkVerdict *verdict)
{
  if (question->state == ALLOWED)
    *verdict = (InnerNetworkVerdict){ TRUE, question->pattern, "" };
  else if (question->state == REFUSED)
    *verdict = (InnerNetworkVerdict){ FALSE, NULL, question->reason };
  else if (waits || g_queue_get_length (&asked->egress->waiting[INNER_WAIT_ASKED]) < MAX_WAITING)
    return TRUE;
  else
    *verdict =
        (InnerNetworkVerdict){ FALSE, NULL, _ ("too many connections wait for an answer already") };
  return FALSE;
}

gboolean
inner_asked_judge (InnerAsked *asked,
                   const InnerGiven *given,
                   const InnerNetworkAddress *address,
                   guint16 port,
                   gboolean waits,
                   InnerNetworkVerdict *verdict)
{
  const char *name = given != NULL ? given->name : NULL;
  Question *question = find_question (asked, name, address, port);
  const char *reason;

  /* An entry refuses it. */
  if (verdict->pattern != NULL)
    return FALSE;
  if (question != NULL)
    return follow (asked, question, waits, verdict);
  if (use_once (asked, name, address, port))
    {
      *verdict = (InnerNetworkVerdict){ TRUE, asked->used, "" };
      return FALSE;
    }
  if (!asked->asks)
    return FALSE;

  reason = why_not (asked, name, address, port);
  if (reason != NULL)
    {
      verdict->reason = reason;
      return FALSE;
    }
  ask (asked, name, address, port);
  return follow (asked, asked->questions->pdata[asked->questions->len - 1], waits, verdict);
}

static void
settle (Question *question, const char *reason)
{
  question->state = REFUSED;
  question->reason = reason;
}

/* Those who wait learn it, and the questions that have an answer are over. */
static void
go_on (InnerAsked *asked)
{
  gboolean any = FALSE;

  for (guint i = 0; i < asked->questions->len; i++)
    {
      const Question *question = asked->questions->pdata[i];

      if (question->state != WAITING)
        tell (asked, question, INNER_EGRESS_ANSWERED, question->reason);
      any = any || question->state != WAITING;
    }
  if (!any)
    return;
  inner_connection_judge_waiting (asked->egress);
  for (guint i = asked->questions->len; i > 0; i--)
    if (((Question *) asked->questions->pdata[i - 1])->state != WAITING)
      g_ptr_array_remove_index (asked->questions, i - 1);
}

/* SECURITY: without somebody who answers nothing waits, so that a listener that died opens nothing and holds nothing
 * up (attack 107; test_107_death_of_the_listener). */
void
inner_asked_listen (InnerAsked *asked, gboolean listening)
{
  asked->listening = listening;
  for (guint i = 0; i < asked->questions->len && !listening; i++)
    settle (asked->questions->pdata[i],
            _ ("it is not on the allowlist, and nobody is there who could be asked"));
  go_on (asked);
}

static void
add_refusal (InnerAsked *asked, InnerNetworkPattern *pattern, gint64 until)
{
  Refusal *refusal = g_new (Refusal, 1);

  *refusal = (Refusal){ pattern, until };
  g_ptr_array_add (asked->refusals, refusal);
}

/* Not to be asked about again at once. */
static void
remember_silence (InnerAsked *asked, const Question *question)
{
  g_autofree char *address = inner_network_address_to_string (&question->address);
  gboolean is_v4 = inner_network_address_is_v4 (&question->address);
  g_autofree char *text =
      g_strdup_printf (question->name != NULL || is_v4 ? "%s:%u" : "[%s]:%u",
                       question->name != NULL ? question->name : address, question->port);
  InnerNetworkPattern *pattern = inner_network_pattern_new (text, NULL);

  if (pattern != NULL)
    add_refusal (asked, pattern, g_get_monotonic_time () + REFUSED_US);
}

static void
forget_old_refusals (InnerAsked *asked, gint64 now)
{
  for (guint i = asked->refusals->len; i > 0; i--)
    if (((Refusal *) asked->refusals->pdata[i - 1])->until <= now)
      g_ptr_array_remove_index_fast (asked->refusals, i - 1);
}

void
inner_asked_tick (InnerAsked *asked)
{
  gint64 now = g_get_monotonic_time ();

  if (++asked->seconds % SECONDS_A_QUESTION == 0)
    asked->tokens = MIN (asked->tokens + 1, BURST);
  forget_old_refusals (asked, now);
  for (guint i = 0; i < asked->questions->len; i++)
    {
      Question *question = asked->questions->pdata[i];

      if (now - question->since <= QUESTION_US)
        continue;
      settle (question, _ ("it is not on the allowlist, and nobody answered in time"));
      remember_silence (asked, question);
    }
  go_on (asked);
}

static gboolean
matches (const Question *question,
         const InnerNetworkPattern *pattern,
         gboolean (*has_port) (const InnerNetworkPattern *pattern, guint16 port))
{
  return question->state == WAITING && is_about (pattern, question->name, &question->address) &&
         has_port (pattern, question->port);
}

static void
refuse (InnerAsked *asked, InnerNetworkPattern *pattern, gint64 until)
{
  for (guint i = 0; i < asked->questions->len; i++)
    if (matches (asked->questions->pdata[i], pattern, inner_network_pattern_denies_port))
      settle (asked->questions->pdata[i], _ ("a person refused it"));
  add_refusal (asked, pattern, until);
}

/* Gives whether a question was answered by that. */
static gboolean
allow_waiting (InnerAsked *asked, const InnerNetworkPattern *pattern)
{
  gboolean any = FALSE;

  for (guint i = 0; i < asked->questions->len; i++)
    {
      Question *question = asked->questions->pdata[i];

      if (!matches (question, pattern, inner_network_pattern_allows_port))
        continue;
      question->state = ALLOWED;
      question->pattern = inner_network_pattern_new (pattern->text, NULL);
      any = TRUE;
    }
  return any;
}

static gboolean
fail_limit (GError **error)
{
  g_set_error_literal (error, INNER_ERROR, INNER_ERROR_LIMIT_EXCEEDED,
                       _ ("so many destinations were decided about while it runs that there can be "
                          "no more; put them into the profile"));
  return FALSE;
}

static gboolean
allow (InnerAsked *asked, InnerNetworkPattern *pattern, gboolean once, GError **error)
{
  InnerEgress *egress = asked->egress;

  if (inner_network_rules_deny_all_of (egress->rules, pattern))
    {
      g_set_error_literal (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                           _ ("the profile denies it, and that beats what is allowed"));
      return FALSE;
    }
  if (asked->n_opened >= MAX_OPENED || (once && asked->once->len >= MAX_ONCE))
    return fail_limit (error);
  if (!inner_egress_listen_for (egress, pattern, error) ||
      (!once && !inner_network_rules_add (egress->rules, pattern->text, error)))
    return FALSE;

  asked->n_opened += !once;
  if (!allow_waiting (asked, pattern) && once)
    g_ptr_array_add (asked->once, inner_network_pattern_new (pattern->text, NULL));
  return TRUE;
}

gboolean
inner_asked_decide (InnerAsked *asked, const char *destination, const char *answer, GError **error)
{
  g_autoptr (InnerNetworkPattern) pattern =
      inner_network_pattern_new_destination (destination, error);
  gboolean once = g_str_equal (answer, INNER_EGRESS_ONCE);
  gboolean for_now = g_str_equal (answer, INNER_EGRESS_REFUSE_ONCE);

  if (pattern == NULL)
    return FALSE;
  if (for_now || g_str_equal (answer, INNER_EGRESS_REFUSE_SESSION))
    {
      if (asked->refusals->len >= MAX_REFUSALS)
        return fail_limit (error);
      refuse (asked, g_steal_pointer (&pattern),
              for_now ? g_get_monotonic_time () + REFUSED_US : G_MAXINT64);
    }
  else if (!allow (asked, pattern, once, error))
    return FALSE;
  go_on (asked);
  return TRUE;
}
