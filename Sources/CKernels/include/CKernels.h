#include "head.h"
#include "instruction_set.h"
