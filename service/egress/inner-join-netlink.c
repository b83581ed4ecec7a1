/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * Routes and the redirection, by the kernel's own messages: three of them do not need a library, and none could be
 * called here, between fork and exec. Sources: rtnetlink(7), linux/netfilter/nf_tables.h.
 */

#include "inner-join-private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOPBACK_INDEX 1 /* in every network namespace */
#define RESOLVER_PORT 53
#define NAT_PRIORITY (-100) /* NF_IP_PRI_NAT_DST */
#define TABLE "inner"
#define CHAIN "output"
#define MAX_BATCH 65536 /* a rule for each of INNER_JOIN_MAX_PORTS takes half of it */

typedef struct
{
  union
  {
    char bytes[MAX_BATCH];
    struct nlmsghdr align;
  };
  gsize used;
  gsize message; /* where the last message begins */
  guint32 sequence;
} Batch;

static gpointer
reserve (Batch *batch, gsize size)
{
  gpointer place = batch->bytes + batch->used;

  g_assert (NLMSG_ALIGN (size) <= sizeof batch->bytes - batch->used);
  batch->used += NLMSG_ALIGN (size);
  return place;
}

/* Begins a message whose own header has @size bytes. */
static gpointer
begin (Batch *batch, guint16 type, guint16 flags, gsize size)
{
  struct nlmsghdr *header;

  batch->message = batch->used;
  header = reserve (batch, sizeof *header);
  header->nlmsg_type = type;
  header->nlmsg_flags = NLM_F_REQUEST | flags;
  header->nlmsg_seq = ++batch->sequence;
  return reserve (batch, size);
}

static void
end (Batch *batch)
{
  struct nlmsghdr *header = (struct nlmsghdr *) (batch->bytes + batch->message);

  header->nlmsg_len = batch->used - batch->message;
}

static void
put (Batch *batch, guint16 type, gconstpointer data, gsize size)
{
  struct nlattr *attribute = reserve (batch, NLA_HDRLEN + size);

  attribute->nla_type = type;
  attribute->nla_len = NLA_HDRLEN + size;
  memcpy ((char *) attribute + NLA_HDRLEN, data, size);
}

static void
put_text (Batch *batch, guint16 type, const char *text)
{
  put (batch, type, text, strlen (text) + 1);
}

static void
put_number (Batch *batch, guint16 type, guint32 number)
{
  number = htonl (number);
  put (batch, type, &number, sizeof number);
}

static gsize
nest (Batch *batch, guint16 type)
{
  gsize start = batch->used;
  struct nlattr *attribute = reserve (batch, NLA_HDRLEN);

  attribute->nla_type = NLA_F_NESTED | type;
  return start;
}

static void
unnest (Batch *batch, gsize start)
{
  struct nlattr *attribute = (struct nlattr *) (batch->bytes + start);

  attribute->nla_len = batch->used - start;
}

/* The first error that the kernel answers with, or 0 after @n_answers without one. */
static int
read_answers (int fd, guint n_answers)
{
  union
  {
    char bytes[4096];
    struct nlmsghdr align;
  } buffer;

  while (n_answers > 0)
    {
      gssize size = recv (fd, buffer.bytes, sizeof buffer.bytes, 0);
      struct nlmsghdr *header = &buffer.align;

      if (size < 0)
        return errno;
      for (; NLMSG_OK (header, size); header = NLMSG_NEXT (header, size))
        if (header->nlmsg_type == NLMSG_ERROR)
          {
            const struct nlmsgerr *answer = NLMSG_DATA (header);

            if (answer->error != 0)
              return -answer->error;
            n_answers--;
          }
    }

  return 0;
}

static int
talk (int protocol, const Batch *batch, guint n_answers)
{
  static const struct timeval patience = { .tv_sec = 5 };
  struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
  int fd = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
  int error = 0;

  if (fd < 0 || setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0 ||
      sendto (fd, batch->bytes, batch->used, 0, (struct sockaddr *) &kernel, sizeof kernel) < 0)
    error = errno;
  if (error == 0)
    error = read_answers (fd, n_answers);
  if (fd >= 0)
    close (fd);
  return error;
}

/* ip route add local 0.0.0.0/0 dev lo */
int
inner_join_route (int family)
{
  static const guint32 loopback = LOOPBACK_INDEX;
  Batch batch = { .used = 0 };
  struct rtmsg *route =
      begin (&batch, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, sizeof *route);

  route->rtm_family = family;
  route->rtm_table = RT_TABLE_LOCAL;
  route->rtm_protocol = RTPROT_STATIC;
  route->rtm_scope = family == AF_INET ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
  route->rtm_type = RTN_LOCAL;
  put (&batch, RTA_OIF, &loopback, sizeof loopback);
  end (&batch);
  return talk (NETLINK_ROUTE, &batch, 1);
}

/* ip address add ADDRESS/32 dev lo */
int
inner_join_address (guint32 address)
{
  Batch batch = { .used = 0 };
  struct ifaddrmsg *message =
      begin (&batch, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, sizeof *message);

  message->ifa_family = AF_INET;
  message->ifa_prefixlen = 32;
  message->ifa_scope = RT_SCOPE_UNIVERSE;
  message->ifa_index = LOOPBACK_INDEX;
  put (&batch, IFA_LOCAL, &address, sizeof address);
  put (&batch, IFA_ADDRESS, &address, sizeof address);
  end (&batch);
  return talk (NETLINK_ROUTE, &batch, 1);
}

static void
begin_nft (Batch *batch, guint16 type, int family)
{
  struct nfgenmsg *message =
      begin (batch, NFNL_SUBSYS_NFTABLES << 8 | type, NLM_F_ACK | NLM_F_CREATE, sizeof *message);

  message->nfgen_family = family;
  message->version = NFNETLINK_V0;
}

static void
mark_batch (Batch *batch, guint16 type)
{
  struct nfgenmsg *message = begin (batch, type, 0, sizeof *message);

  message->version = NFNETLINK_V0;
  message->res_id = htons (NFNL_SUBSYS_NFTABLES);
  end (batch);
}

static gsize
begin_expression (Batch *batch, const char *name, gsize *element)
{
  *element = nest (batch, NFTA_LIST_ELEM);
  put_text (batch, NFTA_EXPR_NAME, name);
  return nest (batch, NFTA_EXPR_DATA);
}

static void
end_expression (Batch *batch, gsize element, gsize data)
{
  unnest (batch, data);
  unnest (batch, element);
}

static void
put_value (Batch *batch, guint16 type, gconstpointer value, gsize size)
{
  gsize data = nest (batch, type);

  put (batch, NFTA_DATA_VALUE, value, size);
  unnest (batch, data);
}

static void
add_compare (Batch *batch, guint32 operation, gconstpointer value, gsize size)
{
  gsize element;
  gsize data = begin_expression (batch, "cmp", &element);

  put_number (batch, NFTA_CMP_SREG, NFT_REG_1);
  put_number (batch, NFTA_CMP_OP, operation);
  put_value (batch, NFTA_CMP_DATA, value, size);
  end_expression (batch, element, data);
}

static void
add_load (Batch *batch, guint32 base, guint32 offset, guint32 size)
{
  gsize element;
  gsize data = begin_expression (batch, "payload", &element);

  put_number (batch, NFTA_PAYLOAD_DREG, NFT_REG_1);
  put_number (batch, NFTA_PAYLOAD_BASE, base);
  put_number (batch, NFTA_PAYLOAD_OFFSET, offset);
  put_number (batch, NFTA_PAYLOAD_LEN, size);
  end_expression (batch, element, data);
}

static void
add_protocol (Batch *batch)
{
  static const guint8 tcp = IPPROTO_TCP;
  gsize element;
  gsize data = begin_expression (batch, "meta", &element);

  put_number (batch, NFTA_META_KEY, NFT_META_L4PROTO);
  put_number (batch, NFTA_META_DREG, NFT_REG_1);
  end_expression (batch, element, data);
  add_compare (batch, NFT_CMP_EQ, &tcp, sizeof tcp);
}

/* What leads to the loopback addresses stays: servers inside are reached there. */
static void
add_elsewhere (Batch *batch, int family)
{
  static const guint8 loopback_v4 = 127;
  static const guint8 loopback_v6[16] = { [15] = 1 };

  if (family == AF_INET)
    {
      add_load (batch, NFT_PAYLOAD_NETWORK_HEADER, 16, sizeof loopback_v4);
      add_compare (batch, NFT_CMP_NEQ, &loopback_v4, sizeof loopback_v4);
      return;
    }
  add_load (batch, NFT_PAYLOAD_NETWORK_HEADER, 24, sizeof loopback_v6);
  add_compare (batch, NFT_CMP_NEQ, loopback_v6, sizeof loopback_v6);
}

static void
add_redirect (Batch *batch, guint16 port)
{
  guint16 value = htons (port);
  gsize element;
  gsize data = begin_expression (batch, "immediate", &element);

  put_number (batch, NFTA_IMMEDIATE_DREG, NFT_REG_1);
  put_value (batch, NFTA_IMMEDIATE_DATA, &value, sizeof value);
  end_expression (batch, element, data);
  data = begin_expression (batch, "redir", &element);
  put_number (batch, NFTA_REDIR_REG_PROTO_MIN, NFT_REG_1);
  end_expression (batch, element, data);
}

static void
add_chain (Batch *batch, int family)
{
  gsize hook;

  begin_nft (batch, NFT_MSG_NEWCHAIN, family);
  put_text (batch, NFTA_CHAIN_TABLE, TABLE);
  put_text (batch, NFTA_CHAIN_NAME, CHAIN);
  put_text (batch, NFTA_CHAIN_TYPE, "nat");
  hook = nest (batch, NFTA_CHAIN_HOOK);
  put_number (batch, NFTA_HOOK_HOOKNUM, NF_INET_LOCAL_OUT);
  put_number (batch, NFTA_HOOK_PRIORITY, (guint32) NAT_PRIORITY);
  unnest (batch, hook);
  end (batch);
}

/* What leads to a port that compares so with @port leads to @to. */
static void
add_rule (Batch *batch, int family, guint32 operation, guint16 port, guint16 to)
{
  guint16 value = htons (port);
  gsize expressions;

  begin_nft (batch, NFT_MSG_NEWRULE, family);
  put_text (batch, NFTA_RULE_TABLE, TABLE);
  put_text (batch, NFTA_RULE_CHAIN, CHAIN);
  expressions = nest (batch, NFTA_RULE_EXPRESSIONS);
  add_protocol (batch);
  add_elsewhere (batch, family);
  add_load (batch, NFT_PAYLOAD_TRANSPORT_HEADER, 2, sizeof value);
  add_compare (batch, operation, &value, sizeof value);
  add_redirect (batch, to);
  unnest (batch, expressions);
  end (batch);
}

int
inner_join_redirect (int family, const guint16 *ports, guint n_ports, guint16 to)
{
  Batch batch = { .used = 0 };
  guint n_rules = MAX (n_ports, 1);

  /* The numbers of NFPROTO_IPV4 and NFPROTO_IPV6 are those of the families. */
  mark_batch (&batch, NFNL_MSG_BATCH_BEGIN);
  begin_nft (&batch, NFT_MSG_NEWTABLE, family);
  put_text (&batch, NFTA_TABLE_NAME, TABLE);
  end (&batch);
  add_chain (&batch, family);
  if (n_ports == 0)
    add_rule (&batch, family, NFT_CMP_NEQ, RESOLVER_PORT, to);
  for (guint i = 0; i < n_ports; i++)
    add_rule (&batch, family, NFT_CMP_EQ, ports[i], to);
  mark_batch (&batch, NFNL_MSG_BATCH_END);
  return talk (NETLINK_NETFILTER, &batch, 2 + n_rules);
}
