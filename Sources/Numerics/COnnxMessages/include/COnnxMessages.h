#include "onnx_subset.pb-c.h"
