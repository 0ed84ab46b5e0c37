/* lock.h - one tracer with BPF a process: probes of two would be paid twice by the same threads. */
#ifndef HUNTD_PERF_TRACE_LOCK_H
#define HUNTD_PERF_TRACE_LOCK_H

/* Takes /run/hunt-trace-PID.lock; -1: `fault` (HD_TRACE_FAULT) says who holds it or what failed. A
 * file left behind by a tracer that was killed is no obstacle. */
int hd_trace_lock(int pid, char *fault);
void hd_trace_unlock(int lock, int pid);

#endif
