#ifndef TL_VECTORIZED_H
#define TL_VECTORIZED_H

// Has the compiler make a clone of a function with AVX2. The dispatch between the clones happens once,
// when the program is loaded: before ThreadSanitizer, which would be called from it, has begun.
#if !defined(__has_feature)
#define __has_feature(NAME) 0
#endif
#if defined(__x86_64__) && !__has_feature(thread_sanitizer)
#define TL_VECTORIZED __attribute__((target_clones("avx2", "default")))
#else
#define TL_VECTORIZED
#endif

#endif
