// The variadic calls are wrapped below; the checks of their types are for calls with constants.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

// curl_easy_setopt and curl_easy_getinfo are variadic, which Swift cannot call.

static inline CURLcode tl_curl_set_text(CURL *handle, CURLoption option, const char *text) {
  return curl_easy_setopt(handle, option, text);
}

static inline CURLcode tl_curl_set_number(CURL *handle, CURLoption option, long number) {
  return curl_easy_setopt(handle, option, number);
}

static inline CURLcode tl_curl_set_buffer(CURL *handle, CURLoption option, void *buffer) {
  return curl_easy_setopt(handle, option, buffer);
}

typedef size_t (*tl_curl_callback)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode tl_curl_set_callback(CURL *handle, CURLoption option,
                                            tl_curl_callback callback) {
  return curl_easy_setopt(handle, option, callback);
}

typedef int (*tl_curl_progress)(void *context, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

// What libcurl asks now and then, at least once a second, whether to go on.
static inline CURLcode tl_curl_set_progress(CURL *handle, tl_curl_progress progress,
                                            void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, progress);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_XFERINFODATA, context);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  return code;
}

// Which protocols an address may name, and which ones a redirect may lead to: HTTP and HTTPS, and
// never from HTTPS to HTTP.
static inline CURLcode tl_curl_set_protocols(CURL *handle, int begins_secure) {
#if LIBCURL_VERSION_NUM >= 0x075500
  CURLcode code = curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  if (code != CURLE_OK) return code;
  return curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR,
                          begins_secure ? "https" : "http,https");
#else
  CURLcode code =
      curl_easy_setopt(handle, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
  if (code != CURLE_OK) return code;
  return curl_easy_setopt(
      handle, CURLOPT_REDIR_PROTOCOLS,
      begins_secure ? (long)CURLPROTO_HTTPS : (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}
