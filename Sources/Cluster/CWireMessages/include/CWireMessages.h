#include "wire.pb-c.h"
