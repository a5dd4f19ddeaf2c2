#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "CAvahi.h"
#include "library.h"

struct place {
  AvahiIfIndex interface;
  AvahiProtocol protocol;
  uint16_t port;
};

struct tl_avahi_announcement {
  const struct tl_avahi_library *avahi;
  AvahiSimplePoll *poll;
  AvahiClient *client;
  AvahiEntryGroup *group;
  char *name;
  char *type;
  AvahiStringList *strings;
  struct place *places;
  size_t place_count;
  bool is_established;
  int error;
};

// Of the interface that has an address; of any where none has it, as for a name.
static struct place place_of(const struct tl_avahi_place *wanted) {
  struct place place = {AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC, wanted->port};
  if (wanted->ipv4_only) place.protocol = AVAHI_PROTO_INET;
  struct ifaddrs *all;
  if (!wanted->address || getifaddrs(&all) != 0) return place;
  for (const struct ifaddrs *entry = all; entry; entry = entry->ifa_next) {
    if (!entry->ifa_addr) continue;
    bool is_ipv4 = entry->ifa_addr->sa_family == AF_INET;
    if (!is_ipv4 && entry->ifa_addr->sa_family != AF_INET6) continue;
    socklen_t size = is_ipv4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    char text[NI_MAXHOST];
    if (getnameinfo(entry->ifa_addr, size, text, sizeof text, NULL, 0, NI_NUMERICHOST) != 0) continue;
    if (strcmp(text, wanted->address) != 0) continue;
    place.interface = (AvahiIfIndex)if_nametoindex(entry->ifa_name);
    place.protocol = is_ipv4 ? AVAHI_PROTO_INET : AVAHI_PROTO_INET6;
    break;
  }
  freeifaddrs(all);
  return place;
}

static void take_other_name(tl_avahi_announcement *announcement) {
  char *other = announcement->avahi->alternative_service_name(announcement->name);
  if (!other) {
    announcement->error = AVAHI_ERR_NO_MEMORY;
    return;
  }
  free(announcement->name);
  announcement->name = strdup(other);
  announcement->avahi->free(other);
  if (!announcement->name) announcement->error = AVAHI_ERR_NO_MEMORY;
}

// Puts the service into the group, which is empty, under the first name that nobody here has.
static void publish(tl_avahi_announcement *announcement) {
  const struct tl_avahi_library *avahi = announcement->avahi;
  for (size_t i = 0; i < announcement->place_count && announcement->error == 0;) {
    const struct place *place = &announcement->places[i];
    int result = avahi->entry_group_add_service_strlst(
        announcement->group, place->interface, place->protocol, 0, announcement->name,
        announcement->type, NULL, NULL, place->port, announcement->strings);
    if (result == AVAHI_ERR_COLLISION) {
      take_other_name(announcement);
      avahi->entry_group_reset(announcement->group);
      i = 0;
    } else if (result < 0) {
      announcement->error = result;
    } else {
      i++;
    }
  }
  if (announcement->error == 0) {
    int result = avahi->entry_group_commit(announcement->group);
    if (result < 0) announcement->error = result;
  }
}

static void on_group(AvahiEntryGroup *group, AvahiEntryGroupState state, void *context) {
  tl_avahi_announcement *announcement = context;
  announcement->group = group;
  switch (state) {
  case AVAHI_ENTRY_GROUP_ESTABLISHED: announcement->is_established = true; return;
  case AVAHI_ENTRY_GROUP_COLLISION:
    // Somebody else in the network has the name.
    announcement->is_established = false;
    take_other_name(announcement);
    if (announcement->error == 0) publish(announcement);
    return;
  case AVAHI_ENTRY_GROUP_FAILURE:
    announcement->error = announcement->avahi->client_errno(announcement->client);
    return;
  case AVAHI_ENTRY_GROUP_UNCOMMITED:
  case AVAHI_ENTRY_GROUP_REGISTERING: return;
  }
}

static void on_client(AvahiClient *client, AvahiClientState state, void *context) {
  tl_avahi_announcement *announcement = context;
  const struct tl_avahi_library *avahi = announcement->avahi;
  // Called for the first time before the caller knows the client.
  announcement->client = client;
  switch (state) {
  case AVAHI_CLIENT_S_RUNNING:
    if (!announcement->group)
      announcement->group = avahi->entry_group_new(client, on_group, announcement);
    if (!announcement->group) {
      announcement->error = avahi->client_errno(client);
      return;
    }
    publish(announcement);
    return;
  case AVAHI_CLIENT_S_COLLISION:
  case AVAHI_CLIENT_S_REGISTERING:
    // The machine's own name changes; after that it runs again.
    announcement->is_established = false;
    if (announcement->group) avahi->entry_group_reset(announcement->group);
    return;
  case AVAHI_CLIENT_FAILURE: announcement->error = avahi->client_errno(client); return;
  case AVAHI_CLIENT_CONNECTING: return;
  }
}

tl_avahi_announcement *tl_avahi_announce(
    const char *name, const char *type, const struct tl_avahi_place *places, size_t place_count,
    const char *const *strings, size_t string_count, int *error) {
  const struct tl_avahi_library *avahi = tl_avahi_library();
  *error = avahi ? AVAHI_ERR_NO_MEMORY : TL_AVAHI_NO_LIBRARY;
  tl_avahi_announcement *announcement = avahi ? calloc(1, sizeof *announcement) : NULL;
  if (!announcement) return NULL;
  announcement->avahi = avahi;
  announcement->name = strdup(name);
  announcement->type = strdup(type);
  announcement->places = calloc(place_count, sizeof *announcement->places);
  announcement->poll = avahi->simple_poll_new();
  if (announcement->name && announcement->type && announcement->places && announcement->poll) {
    announcement->place_count = place_count;
    for (size_t i = 0; i < place_count; i++) announcement->places[i] = place_of(&places[i]);
    // Each goes before those that are there.
    for (size_t i = string_count; i > 0; i--)
      announcement->strings = avahi->string_list_add(announcement->strings, strings[i - 1]);
    int failure = 0;
    announcement->client = avahi->client_new(
        avahi->simple_poll_get(announcement->poll), 0, on_client, announcement, &failure);
    *error = announcement->client ? announcement->error : failure;
    if (*error == 0) return announcement;
  }
  tl_avahi_withdraw(announcement);
  return NULL;
}

int tl_avahi_announcement_wait(tl_avahi_announcement *announcement, int milliseconds) {
  if (announcement->error == 0
      && announcement->avahi->simple_poll_iterate(announcement->poll, milliseconds) != 0
      && announcement->error == 0)
    announcement->error = AVAHI_ERR_DISCONNECTED;
  return announcement->error;
}

const char *tl_avahi_announcement_name(const tl_avahi_announcement *announcement) {
  return announcement->is_established ? announcement->name : NULL;
}

void tl_avahi_withdraw(tl_avahi_announcement *announcement) {
  const struct tl_avahi_library *avahi = announcement->avahi;
  // Frees the group as well; the daemon takes the service back.
  if (announcement->client) avahi->client_free(announcement->client);
  if (announcement->poll) avahi->simple_poll_free(announcement->poll);
  avahi->string_list_free(announcement->strings);
  free(announcement->places);
  free(announcement->type);
  free(announcement->name);
  free(announcement);
}
