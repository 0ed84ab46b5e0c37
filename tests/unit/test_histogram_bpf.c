/* The same stories about the histogram as BPF programs compile it. */
#define __bpf__ 1
#include "tests/unit/test_histogram.c"
