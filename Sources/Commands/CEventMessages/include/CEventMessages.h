#include "event_subset.pb-c.h"
