/* fiber.h - a thread of the simulated process: a stack of its own, run until it waits.
 *
 * The scheduler resumes one; it runs until it yields. One that will never be resumed (its process
 * was killed) is simply begun anew on the same stack. */
#ifndef HUNTD_TESTS_SIM_FIBER_H
#define HUNTD_TESTS_SIM_FIBER_H

#include <stdbool.h>
#include <stddef.h>

struct fiber {
	void *sp, *home_sp; /* where it, and who resumed it, go on */
	unsigned char *stack;
	void (*entry)(void *context);
	void *context;
	bool done;
	/* For AddressSanitizer: whose stack is in use. */
	void *fake, *home_fake;
	const void *home_bottom;
	size_t home_size;
};

/* Begins (again) with `entry(context)`; the stack is made once. */
void fiber_begin(struct fiber *fiber, void (*entry)(void *context), void *context);
void fiber_fini(struct fiber *fiber);

void fiber_resume(struct fiber *fiber);
/* Called on the fiber. */
void fiber_yield(struct fiber *fiber);

#endif
