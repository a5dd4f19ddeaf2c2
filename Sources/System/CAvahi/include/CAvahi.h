// Services of the local network, by mDNS and DNS-SD (RFC 6762, RFC 6763), through the Avahi daemon.
//
// Its library is loaded when it is first needed and not linked: a machine without it runs tl all the
// same. Errors are Avahi's negative numbers. Nothing here starts a thread.
#ifndef CAVAHI_H
#define CAVAHI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  // Beside Avahi's own errors: the library isn't on this machine.
  TL_AVAHI_NO_LIBRARY = -1000,
  // More of what answers a look is left out: whoever floods the network fills no memory.
  TL_AVAHI_SERVICES_MAX = 256,
  // A text record has to fit into a packet of mDNS, with everything else.
  TL_AVAHI_TEXT_BYTES_MAX = 2048,
};

// What an error means, in the library's words.
const char *tl_avahi_error_text(int error);

// Whether an error means that no daemon runs, or that it can't be reached.
bool tl_avahi_is_daemon_missing(int error);

// One way to one service, for the time of the call that it is given to.
struct tl_avahi_service {
  // Of the instance: any text, from anybody.
  const char *name;
  // An address of IPv4 or IPv6; one that counts on one interface alone has its name behind a '%'.
  const char *address;
  uint16_t port;
  // The text record as it was sent: strings, each after a byte with its length.
  const uint8_t *text;
  size_t text_byte_count;
};

typedef void (*tl_avahi_found)(void *context, const struct tl_avahi_service *service);

// Calls `found` for each way to each service of a type, such as "_http._tcp". Ends when all have
// answered that do so at once, after about a second, and after `milliseconds` at the latest.
// Returns 0 or an error.
int tl_avahi_look(const char *type, int milliseconds, tl_avahi_found found, void *context);

// Where a service listens: at all addresses where `address` is NULL, of IPv4 alone where `ipv4_only`.
struct tl_avahi_place {
  const char *address;
  bool ipv4_only;
  uint16_t port;
};

typedef struct tl_avahi_announcement tl_avahi_announcement;

// Announces a service; `strings` go into its text record. What is pointed to is copied. NULL, and the
// error, where that fails.
tl_avahi_announcement *tl_avahi_announce(
    const char *name, const char *type, const struct tl_avahi_place *places, size_t place_count,
    const char *const *strings, size_t string_count, int *error);

// Does what there is to do for an announcement, for at most so long. Returns 0 or an error, after which
// it can only be withdrawn.
int tl_avahi_announcement_wait(tl_avahi_announcement *announcement, int milliseconds);

// By which name the network knows it, which is another where somebody had the first; NULL before.
const char *tl_avahi_announcement_name(const tl_avahi_announcement *announcement);

// Withdraws the announcement and frees it.
void tl_avahi_withdraw(tl_avahi_announcement *announcement);

#endif
