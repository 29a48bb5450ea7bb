/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_EXPORT_H
#define KWIRE_EXPORT_H

/* Compiler support for the other headers: visibility, hints, C linkage. Nothing to call here. */

#if defined(__GNUC__) || defined(__clang__)
#define KW_API __attribute__((visibility("default")))
#define KW_NODISCARD __attribute__((warn_unused_result))
#define KW_COLD __attribute__((cold, noinline))
#define KW_NOINLINE __attribute__((noinline))
#define KW_PREFETCH(p) __builtin_prefetch(p)
#define KWI_INLINE static inline __attribute__((always_inline))
#define KW_LIKELY(x) __builtin_expect(!!(x), 1)
#define KW_UNLIKELY(x) __builtin_expect(!!(x), 0)
#else
#define KW_API
#define KW_NODISCARD
#define KW_COLD
#define KW_NOINLINE
#define KW_PREFETCH(p) ((void)(p))
#define KWI_INLINE static inline
#define KW_LIKELY(x) (x)
#define KW_UNLIKELY(x) (x)
#endif

/* Functions whose bodies are in headers. The library also exports each as a symbol, for languages that cannot
 * compile C: it is compiled with KWI_SYMBOLS defined. */
#ifdef KWI_SYMBOLS
#define KW_INLINE KW_API
#define KW_ALWAYS_INLINE KW_API
#else
#define KW_INLINE static inline
#define KW_ALWAYS_INLINE KWI_INLINE
#endif

#ifdef __cplusplus
#define KW_BEGIN_DECLS extern "C" {
#define KW_END_DECLS }
#else
#define KW_BEGIN_DECLS
#define KW_END_DECLS
#endif

#endif
