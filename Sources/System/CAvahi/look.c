#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "CAvahi.h"
#include "library.h"

struct look {
  const struct tl_avahi_library *avahi;
  AvahiClient *client;
  tl_avahi_found found;
  void *context;
  // Services that are still asked for their address.
  AvahiServiceResolver *asked[TL_AVAHI_SERVICES_MAX];
  size_t seen_count;
  size_t open_count;
  // All that the network had to say at once has been said.
  bool is_complete;
  int error;
};

static void on_client(AvahiClient *client, AvahiClientState state, void *context) {
  struct look *look = context;
  // Called before the caller knows the client, so that it is asked itself.
  if (state == AVAHI_CLIENT_FAILURE) look->error = look->avahi->client_errno(client);
}

// An address of IPv6 that counts on one interface alone.
static bool is_link_local(const AvahiAddress *address) {
  const uint8_t *bytes = address->data.ipv6.address;
  return address->proto == AVAHI_PROTO_INET6 && bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}

static void on_resolved(
    AvahiServiceResolver *resolver, AvahiIfIndex interface, AvahiProtocol protocol,
    AvahiResolverEvent event, const char *name, const char *type, const char *domain,
    const char *host, const AvahiAddress *address, uint16_t port, AvahiStringList *strings,
    AvahiLookupResultFlags flags, void *context) {
  (void)protocol, (void)type, (void)domain, (void)host, (void)flags;
  struct look *look = context;
  for (size_t i = 0; i < look->seen_count; i++) {
    if (look->asked[i] == resolver) {
      look->asked[i] = NULL;
      look->open_count--;
    }
  }
  if (event == AVAHI_RESOLVER_FOUND) {
    char text[AVAHI_ADDRESS_STR_MAX + 1 + IF_NAMESIZE];
    look->avahi->address_snprint(text, AVAHI_ADDRESS_STR_MAX, address);
    char interface_name[IF_NAMESIZE];
    if (is_link_local(address) && if_indextoname((unsigned)interface, interface_name)) {
      strcat(text, "%");
      strcat(text, interface_name);
    }
    uint8_t record[TL_AVAHI_TEXT_BYTES_MAX];
    size_t count = look->avahi->string_list_serialize(strings, record, sizeof record);
    struct tl_avahi_service service = {name, text, port, record, count};
    look->found(look->context, &service);
  }
  look->avahi->service_resolver_free(resolver);
}

static void on_browsed(
    AvahiServiceBrowser *browser, AvahiIfIndex interface, AvahiProtocol protocol,
    AvahiBrowserEvent event, const char *name, const char *type, const char *domain,
    AvahiLookupResultFlags flags, void *context) {
  (void)browser, (void)flags;
  struct look *look = context;
  switch (event) {
  case AVAHI_BROWSER_NEW:
    if (look->seen_count == TL_AVAHI_SERVICES_MAX) return;
    AvahiServiceResolver *resolver = look->avahi->service_resolver_new(
        look->client, interface, protocol, name, type, domain, AVAHI_PROTO_UNSPEC, 0, on_resolved,
        look);
    if (!resolver) return;
    look->asked[look->seen_count++] = resolver;
    look->open_count++;
    return;
  case AVAHI_BROWSER_ALL_FOR_NOW: look->is_complete = true; return;
  case AVAHI_BROWSER_FAILURE: look->error = look->avahi->client_errno(look->client); return;
  // What goes again during a look doesn't answer when it is joined.
  case AVAHI_BROWSER_REMOVE:
  case AVAHI_BROWSER_CACHE_EXHAUSTED: return;
  }
}

int tl_avahi_look(const char *type, int milliseconds, tl_avahi_found found, void *context) {
  struct look look = {.avahi = tl_avahi_library(), .found = found, .context = context};
  const struct tl_avahi_library *avahi = look.avahi;
  if (!avahi) return TL_AVAHI_NO_LIBRARY;
  AvahiSimplePoll *poll = avahi->simple_poll_new();
  if (!poll) return AVAHI_ERR_NO_MEMORY;
  look.client = avahi->client_new(avahi->simple_poll_get(poll), 0, on_client, &look, &look.error);
  if (look.client) {
    AvahiServiceBrowser *browser = avahi->service_browser_new(
        look.client, AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC, type, NULL, 0, on_browsed, &look);
    if (!browser) look.error = avahi->client_errno(look.client);
    int64_t end = tl_avahi_milliseconds() + milliseconds;
    while (look.error == 0 && !(look.is_complete && look.open_count == 0)) {
      int64_t left = end - tl_avahi_milliseconds();
      if (left <= 0) break;
      if (avahi->simple_poll_iterate(poll, (int)left) != 0) look.error = AVAHI_ERR_DISCONNECTED;
    }
    // Frees what still browses and asks as well.
    avahi->client_free(look.client);
  }
  avahi->simple_poll_free(poll);
  return look.error;
}
