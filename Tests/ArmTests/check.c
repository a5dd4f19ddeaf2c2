#include "check.h"

#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BLOCK_BYTES = 2 << 20, OUTPUTS = 4, REPORTS_MAX = 5, BEFORE = 256 };

typedef struct result {
  uint8_t *start;
  size_t count;
  bool is_float;
} result;

static uint64_t seed, state, digest;
static size_t cases, comparisons, differences, group_cases, group_differences;
static const char *group, *running;
static char label[200];
static uint8_t *block_ends[BLOCKS], *initial, *expected;
static result outputs[OUTPUTS];
static size_t output_count;

uint64_t draw(void) {
  uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

size_t below(size_t bound) { return draw() % bound; }

float unit(void) { return (float)((int64_t)(draw() >> 40) - (1 << 23)) * 0x1p-23f; }

float value_of(value_kind kind) {
  const float sign = below(2) ? 1.0f : -1.0f;
  // Few of them, or they would drown all others.
  if (kind != PLAIN && below(64) == 0)
    switch (below(kind == FINITE ? 2 : 4)) {
    case 0:
      return sign * (float)below(1 << 20) * 0x1p-149f;
    case 1:
      return sign * 0x1p120f * (1.0f + fabsf(unit()));
    case 2:
      return sign * INFINITY;
    default:
      return NAN;
    }
  switch (below(16)) {
  case 0:
    return sign * 0.0f;
  case 1:
    return unit() * 1e4f;
  default:
    return unit() * 3.0f;
  }
}

static void out_of_bounds(int signal) {
  (void)signal;
  char text[300];
  const int length =
      snprintf(text, sizeof text, "%s touches memory beyond its own: %s: %s, seed %llu\n", running,
               group, label, (unsigned long long)seed);
  if (length > 0 && write(STDOUT_FILENO, text, (size_t)length) < 0)
    _exit(2);
  _exit(1);
}

void prepare(uint64_t of_seed) {
  seed = of_seed;
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  for (int i = 0; i < BLOCKS; i++) {
    uint8_t *start = mmap(0, BLOCK_BYTES + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED || mprotect(start + page, BLOCK_BYTES, PROT_READ | PROT_WRITE) != 0) {
      perror("memory");
      exit(2);
    }
    block_ends[i] = start + page + BLOCK_BYTES;
  }
  initial = malloc(OUTPUTS * (BLOCK_BYTES + BEFORE));
  expected = malloc(OUTPUTS * (BLOCK_BYTES + BEFORE));
  if (!initial || !expected)
    exit(2);
  signal(SIGSEGV, out_of_bounds);
  signal(SIGBUS, out_of_bounds);
}

void *block(block_name name, size_t count, size_t element, size_t gap) {
  const size_t size = count * element + gap;
  if (size > BLOCK_BYTES) {
    printf("a case of %zu bytes\n", size);
    exit(2);
  }
  return block_ends[name] - size;
}

float *floats(block_name name, size_t count, value_kind kind) {
  float *values = block(name, count, sizeof(float), 0);
  for (size_t i = 0; i < count; i++) values[i] = value_of(kind);
  return values;
}

uint8_t *bytes(block_name name, size_t count, size_t gap) {
  uint8_t *values = block(name, count, 1, gap);
  for (size_t i = 0; i < count + gap; i += 8) {
    const uint64_t eight = draw();
    memcpy(values + i, &eight, count + gap - i < 8 ? count + gap - i : 8);
  }
  return values;
}

void output(void *start, size_t count, bool is_float) {
  outputs[output_count++] = (result){(uint8_t *)start - BEFORE, count + BEFORE, is_float};
}

/// FNV-1a, on 32 bits at a time.
static void add_to_digest(const result *r) {
  for (size_t i = BEFORE; i < r->count; i += 4) {
    uint32_t word = 0;
    memcpy(&word, r->start + i, r->count - i < 4 ? r->count - i : 4);
    // The sign of the NaN that a processor makes is its own.
    if (r->is_float && (word & 0x7fffffff) > 0x7f800000)
      word = 0x7fc00000;
    digest = (digest ^ word) * 0x100000001b3;
  }
}

static bool is_same(const result *r, const uint8_t *wanted, size_t at) {
  if (r->start[at] == wanted[at])
    return true;
#if !defined(__aarch64__)
  // Which of two NaN comes through is left to the compiler here.
  float found, other;
  memcpy(&found, r->start + at / 4 * 4, 4);
  memcpy(&other, wanted + at / 4 * 4, 4);
  return r->is_float && isnan(found) && isnan(other);
#else
  return false;
#endif
}

static void compare(void) {
  size_t offset = 0;
  comparisons++;
  for (size_t i = 0; i < output_count; offset += outputs[i++].count) {
    const result *r = &outputs[i];
    if (memcmp(r->start, expected + offset, r->count) == 0)
      continue;
    for (size_t at = 0; at < r->count; at++) {
      if (is_same(r, expected + offset, at))
        continue;
      differences++;
      if (group_differences++ < REPORTS_MAX)
        printf("%s differs from scalar: %s: %s, "
               "byte %td of output %zu is %02x, not %02x, seed %llu\n",
               running, group, label, (ptrdiff_t)at - BEFORE, i, r->start[at],
               expected[offset + at], (unsigned long long)seed);
      return;
    }
  }
}

static void protect_inputs(int protection) {
  for (int i = 0; i < OUTPUT; i++)
    if (mprotect(block_ends[i] - BLOCK_BYTES, BLOCK_BYTES, protection) != 0)
      exit(2);
}

static void copy(uint8_t *to, bool restores) {
  for (size_t i = 0; i < output_count; to += outputs[i++].count)
    memcpy(restores ? outputs[i].start : to, restores ? to : outputs[i].start, outputs[i].count);
}

void check(operation operation, runner *run, const void *arguments, const char *format, ...) {
  va_list values;
  va_start(values, format);
  vsnprintf(label, sizeof label, format, values);
  va_end(values);
  protect_inputs(PROT_READ);
  copy(initial, false);
  for (const variant *v = variants; v->name; v++) {
    if (!v->functions[operation] || !v->is_supported)
      continue;
    running = v->name;
    copy(initial, true);
    run(v->functions[operation], arguments);
    if (v != variants) {
      compare();
      continue;
    }
    copy(expected, false);
    for (size_t i = 0; i < output_count; i++) add_to_digest(&outputs[i]);
  }
  protect_inputs(PROT_READ | PROT_WRITE);
  group_cases++;
  output_count = 0;
}

void begin(const char *name) {
  group = name;
  group_cases = group_differences = 0;
  state = seed;
  for (; *name; name++) state = (state ^ (uint8_t)*name) * 0x100000001b3;
}

void end(void) {
  cases += group_cases;
  printf("  %-34s %6zu cases, digest so far %016llx\n", group, group_cases,
         (unsigned long long)digest);
  fflush(stdout);
}

bool summary(void) {
  printf("%zu cases, %zu comparisons with scalar, %zu differ\n", cases, comparisons, differences);
  printf("digest %016llx\n", (unsigned long long)digest);
  return differences == 0 && cases > 0;
}
