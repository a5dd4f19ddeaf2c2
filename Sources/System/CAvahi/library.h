// The functions of libavahi-client that are used, found in the library when it is loaded.
#ifndef TL_AVAHI_LIBRARY_H
#define TL_AVAHI_LIBRARY_H

#include <avahi-client/client.h>
#include <avahi-client/lookup.h>
#include <avahi-client/publish.h>
#include <avahi-common/alternative.h>
#include <avahi-common/error.h>
#include <avahi-common/malloc.h>
#include <avahi-common/simple-watch.h>

#define TL_AVAHI_FUNCTIONS(F) \
  F(address_snprint) F(alternative_service_name) F(client_errno) F(client_free) F(client_new) \
  F(entry_group_add_service_strlst) F(entry_group_commit) F(entry_group_free) F(entry_group_new) \
  F(entry_group_reset) F(free) F(service_browser_free) F(service_browser_new) \
  F(service_resolver_free) F(service_resolver_new) F(simple_poll_free) F(simple_poll_get) \
  F(simple_poll_iterate) F(simple_poll_new) F(strerror) F(string_list_add) F(string_list_free) \
  F(string_list_serialize)

struct tl_avahi_library {
#define MEMBER(name) __typeof__(avahi_##name) *name;
  TL_AVAHI_FUNCTIONS(MEMBER)
#undef MEMBER
};

// NULL where the library isn't on this machine.
const struct tl_avahi_library *tl_avahi_library(void);

// Of a clock that never runs back.
int64_t tl_avahi_milliseconds(void);

#endif
