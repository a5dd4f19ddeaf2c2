#include <zmq.h>

// Among the options that zmq.h declares only with its draft interfaces; the library has it since 4.3.
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif
