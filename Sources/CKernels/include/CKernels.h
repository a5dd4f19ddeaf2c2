#include "head.h"
#include "instruction_set.h"
#include "resize.h"
