#include "COnnxMessages.h"
