#include <microhttpd.h>
#include <string.h>
#include <strings.h>

// MHD_start_daemon is variadic, which Swift cannot call, and some constants are enumerations of which it
// makes names of its own.

struct tl_http_limits {
  size_t request_bytes;
  unsigned int connections;
  unsigned int connections_an_address;
  unsigned int idle_seconds;
};

// The value of a hexadecimal digit, or -1.
static inline int tl_http_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

// Replaces %41 and its like in place, and returns the new length. %00 stays as it is: as a byte it would
// end the text, so that one address would be taken for another.
static inline size_t tl_http_unescape(void *context, struct MHD_Connection *connection, char *text) {
  char *end = text;
  (void)context, (void)connection;
  for (const char *next = text; *next;) {
    int high = *next == '%' ? tl_http_digit(next[1]) : -1;
    int low = high >= 0 ? tl_http_digit(next[2]) : -1;
    int isEscape = low >= 0 && (high | low) != 0;
    *end++ = isEscape ? (char)(high << 4 | low) : *next;
    next += isEscape ? 3 : 1;
  }
  *end = 0;
  return (size_t)(end - text);
}

// Gets the address of a request, with all that follows a question mark, before it is taken apart.
typedef void *(*tl_http_address_callback)(
    void *context, const char *address, struct MHD_Connection *connection);

// Serves a socket that listens already, with one thread of the library's own. All functions get the
// context as their first argument; `address` must return NULL.
//
// It polls, and doesn't use epoll: with that the library (0.9.75) forgets that a socket has more to say
// after every read that doesn't fill its buffer, and so never sees the end of a connection that comes in
// one packet with a request.
static inline struct MHD_Daemon *tl_http_start(
    int listener, struct tl_http_limits limits, tl_http_address_callback address,
    MHD_AccessHandlerCallback answer, MHD_NotifyConnectionCallback notify,
    MHD_RequestCompletedCallback completed, void *context) {
  return MHD_start_daemon(
      MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, answer, context,
      MHD_OPTION_UNESCAPE_CALLBACK, tl_http_unescape, NULL, MHD_OPTION_URI_LOG_CALLBACK, address, context,
      MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits.request_bytes,
      MHD_OPTION_CONNECTION_LIMIT, limits.connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
      limits.connections_an_address, MHD_OPTION_CONNECTION_TIMEOUT, limits.idle_seconds,
      MHD_OPTION_NOTIFY_CONNECTION, notify, context, MHD_OPTION_NOTIFY_COMPLETED, completed, context,
      MHD_OPTION_THREAD_STACK_SIZE, (size_t)1 << 20, MHD_OPTION_END);
}

// The descriptor of a connection, or -1.
static inline int tl_http_descriptor(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *information =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return information ? (int)information->connect_fd : -1;
}

static inline int tl_http_has_started(enum MHD_ConnectionNotificationCode kind) {
  return kind == MHD_CONNECTION_NOTIFY_STARTED;
}

// Whether an exchange ended with all of its answer sent.
static inline int tl_http_is_whole(enum MHD_RequestTerminationCode code) {
  return code == MHD_REQUEST_TERMINATED_COMPLETED_OK;
}

// The text of a field of the request's head, or NULL.
static inline const char *tl_http_field(struct MHD_Connection *connection, const char *name) {
  return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

struct tl_http_named {
  const char *name;
  int count;
};

static inline enum MHD_Result tl_http_count_if_named(
    void *state, enum MHD_ValueKind kind, const char *name, const char *value) {
  struct tl_http_named *wanted = state;
  (void)kind, (void)value;
  wanted->count += strcasecmp(name, wanted->name) == 0;
  return MHD_YES;
}

// How many fields of the request's head have a name.
static inline int tl_http_field_count(struct MHD_Connection *connection, const char *name) {
  struct tl_http_named wanted = {name, 0};
  MHD_get_connection_values(connection, MHD_HEADER_KIND, tl_http_count_if_named, &wanted);
  return wanted.count;
}

// What follows `name=` behind the question mark of the address, or NULL.
static inline const char *tl_http_argument(struct MHD_Connection *connection, const char *name) {
  return MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);
}

// What follows the question mark of an address, or NULL.
static inline const char *tl_http_query(const char *address) {
  const char *mark = address ? strchr(address, '?') : NULL;
  return mark ? mark + 1 : NULL;
}

// An answer with a copy of the bytes, or NULL without memory.
static inline struct MHD_Response *tl_http_answer(const void *bytes, size_t count) {
  return MHD_create_response_from_buffer(count, (void *)bytes, MHD_RESPMEM_MUST_COPY);
}

// 0 where it can't be a field of an answer.
static inline int tl_http_add_field(
    struct MHD_Response *answer, const char *name, const char *value) {
  return MHD_add_response_header(answer, name, value) == MHD_YES;
}
