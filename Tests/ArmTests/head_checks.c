#include <math.h>

#include "CKernels.h"
#include "check.h"

typedef struct head {
  size_t samples, features, classes, label;
  const float *x, *weight, *bias, *g;
  float maximum;
  float *y;
  int64_t *sums;
  const int64_t *part;
  int64_t limit;
  float *parameters, *first, *second;
  struct tl_adamw adamw;
  struct tl_sgd sgd;
  /// What a kernel returns.
  float *returned;
} head;

typedef TL_HEAD_FORWARD(forward_function);
typedef TL_HEAD_SOFTMAX(softmax_function);
typedef TL_HEAD_GRADIENT(gradient_function);
typedef TL_HEAD_ADD(add_function);
typedef TL_HEAD_ADAMW(adamw_function);
typedef TL_HEAD_SGD(sgd_function);

static void run_forward(any_function *f, const void *a) {
  const head *h = a;
  ((forward_function *)f)(h->x, h->weight, h->bias, h->y, h->samples, h->features, h->classes);
}
static void run_softmax(any_function *f, const void *a) {
  const head *h = a;
  *h->returned =
      ((softmax_function *)f)(h->x, h->maximum, h->classes, h->label, 0.9f, 0.1f, h->y);
}
static void run_gradient(any_function *f, const void *a) {
  const head *h = a;
  ((gradient_function *)f)(h->x, h->g, h->sums, h->samples, h->features, h->classes);
}
static void run_add(any_function *f, const void *a) {
  const head *h = a;
  *h->returned = ((add_function *)f)(h->sums, h->part, h->features, h->limit);
}
static void run_adamw(any_function *f, const void *a) {
  const head *h = a;
  *h->returned = ((adamw_function *)f)(h->parameters, h->first, h->second, h->part, h->features,
                                       &h->adamw, 65536);
}
static void run_sgd(any_function *f, const void *a) {
  const head *h = a;
  *h->returned =
      ((sgd_function *)f)(h->parameters, h->first, h->part, h->features, &h->sgd, 65536);
}

/// Values of many magnitudes and both signs below a limit, some of them zero.
static float *values(block_name name, size_t count, float limit) {
  float *all = block(name, count, sizeof(float), 0);
  for (size_t i = 0; i < count; i++) {
    const float magnitude = ldexpf(limit * fabsf(unit()), -(int)below(30));
    all[i] = below(10) ? copysignf(magnitude, unit()) : 0;
  }
  return all;
}

static int64_t *integers(block_name name, size_t count, int bits) {
  int64_t *all = block(name, count, sizeof(int64_t), 0);
  for (size_t i = 0; i < count; i++) all[i] = (int64_t)draw() >> (63 - bits + below((size_t)bits));
  return all;
}

static void returns(head *h) {
  h->returned = floats(SPARE, 1, PLAIN);
  output(h->returned, sizeof(float), true);
}

static void matrices(size_t samples, size_t features, size_t classes) {
  head h = {.samples = samples, .features = features, .classes = classes};
  h.x = values(INPUT, samples * features, 6);
  h.weight = values(PACKED, classes * features, 1);
  h.bias = values(BIAS, classes, 1);
  h.y = floats(OUTPUT, samples * classes, PLAIN);
  output(h.y, 4 * samples * classes, true);
  check(HEAD_FORWARD, run_forward, &h, "%zu x %zu x %zu", samples, features, classes);

  h.x = values(INPUT, samples * features, 0x1.fffffep17f);
  h.g = values(OTHER, samples * classes, 1);
  h.sums = integers(OUTPUT, classes * features, 62);
  output(h.sums, 8 * classes * features, false);
  check(HEAD_GRADIENT, run_gradient, &h, "%zu x %zu x %zu", samples, features, classes);
}

static void softmax(size_t classes) {
  head h = {.classes = classes, .label = below(classes), .maximum = -INFINITY};
  h.x = values(INPUT, classes, 100);
  for (size_t c = 0; c < classes; c++) h.maximum = fmaxf(h.maximum, h.x[c]);
  h.y = floats(OUTPUT, classes, PLAIN);
  output(h.y, 4 * classes, true);
  returns(&h);
  check(HEAD_SOFTMAX, run_softmax, &h, "%zu classes", classes);
}

static void add(size_t count) {
  const int64_t limit = INT64_C(1) << 40;
  head h = {.features = count, .limit = limit};
  int64_t *part = integers(INPUT, count, 40);
  if (below(2))
    part[below(count)] = (const int64_t[]){limit, -limit, limit + 1, -limit - 1, INT64_MAX,
                                           INT64_MIN}[below(6)];
  h.part = part;
  h.sums = integers(OUTPUT, count, 61);
  output(h.sums, 8 * count, false);
  returns(&h);
  check(HEAD_ADD, run_add, &h, "%zu numbers", count);
}

static void optimizers(size_t count) {
  head h = {.features = count,
            .adamw = {.scale = 0x1p-32, .count = (double)(1 + below(64)),
                      .beta1_complement = 0.1f, .beta2 = 0.999f, .beta2_complement = 0.001f,
                      .second_correction = 1 + fabsf(unit()) * 30, .epsilon = 1e-8f,
                      .step_size = 0.003f, .decay_factor = below(2) ? 1 : 0.9999f},
            .sgd = {.scale = 0x1p-32, .count = (double)(1 + below(64)), .momentum = 0.9f,
                    .rate = 0.01f, .weight_decay = below(2) ? 0 : 0.001f}};
  for (int is_adamw = 0; is_adamw < 2; is_adamw++) {
    h.part = integers(INPUT, count, 62);
    h.parameters = values(OUTPUT, count, 1);
    h.first = values(SECOND, count, 1);
    h.second = values(THIRD, count, 1);
    for (size_t i = 0; i < count; i++) h.second[i] = fabsf(h.second[i]);
    // One that is noticed, wherever it lies.
    if (below(4) == 0)
      h.parameters[below(count)] = (const float[]){NAN, INFINITY, 65537, -65536}[below(4)];
    output(h.parameters, 4 * count, true);
    output(h.first, 4 * count, true);
    output(h.second, 4 * count, true);
    returns(&h);
    check(is_adamw ? HEAD_ADAMW : HEAD_SGD, is_adamw ? run_adamw : run_sgd, &h, "%zu parameters",
          count);
  }
}

void check_head(void) {
  begin("head");
  static const size_t feature_counts[] = {1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 100, 320};
  for (size_t samples = 1; samples <= 5; samples++)
    for (size_t i = 0; i < sizeof feature_counts / sizeof *feature_counts; i++)
      for (size_t classes = 2; classes <= 9; classes++)
        matrices(samples, feature_counts[i], classes);
  matrices(17, 1280, 5);
  for (size_t classes = 2; classes <= 70; classes++) softmax(classes);
  for (size_t count = 1; count <= 40; count++)
    for (int i = 0; i < 4; i++) add(count);
  for (size_t count = 1; count <= 40; count++)
    for (int i = 0; i < 4; i++) optimizers(count);
  optimizers(6405);
  end();
}
