/* assert.h - assertions, on in every build.
 *
 * They check programmers, never users or disks: a false one is a bug of ours, and the process ends
 * with exit code 70 rather than go on with a state that nobody understands. The message names file,
 * line and condition, never a payload. */
#ifndef HUNTD_ASSERT_H
#define HUNTD_ASSERT_H

/* Prints "huntd: invariant failed: <condition> at <file>:<line>" and exits 70. Defined once by each
 * program (net/, perf/, tests/), so that core/ needs no stdio. */
_Noreturn void hd_assert_failed(const char *condition, const char *file, int line);

#define HD_LIKELY(x)   __builtin_expect(!!(x), 1)
#define HD_UNLIKELY(x) __builtin_expect(!!(x), 0)

#define HD_ASSERT(condition)                                                                       \
	do {                                                                                       \
		if (HD_UNLIKELY(!(condition)))                                                     \
			hd_assert_failed(#condition, __FILE__, __LINE__);                          \
	} while (0)

/* For what a switch or a table has already excluded. */
#define HD_UNREACHABLE() hd_assert_failed("unreachable", __FILE__, __LINE__)

#endif
