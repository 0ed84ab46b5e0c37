#include "tests/sim/fiber.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "huntd/assert.h"

#define STACK_BYTES (512u * 1024u)

#if defined(__SANITIZE_ADDRESS__)
#define SIM_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SIM_ASAN 1
#endif
#endif

#ifdef SIM_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define SWITCH_BEGIN(save, bottom, size) __sanitizer_start_switch_fiber(save, bottom, size)
#define SWITCH_END(fake, bottom, size)   __sanitizer_finish_switch_fiber(fake, bottom, size)
#define UNPOISON(at, size)               __asan_unpoison_memory_region(at, size)
#else
#define SWITCH_BEGIN(save, bottom, size) ((void)(save))
#define SWITCH_END(fake, bottom, size)   ((void)(bottom), (void)(size))
#define UNPOISON(at, size)               ((void)(at))
#endif

/* Saves the registers that a call keeps and the stack pointer, and goes on on another stack. */
void sim_fiber_switch(void **save, void *to);
__asm__(".text\n"
	".globl sim_fiber_switch\n"
	".type sim_fiber_switch, @function\n"
	"sim_fiber_switch:\n"
	"	pushq %rbp\n"
	"	pushq %rbx\n"
	"	pushq %r12\n"
	"	pushq %r13\n"
	"	pushq %r14\n"
	"	pushq %r15\n"
	"	movq %rsp, (%rdi)\n"
	"	movq %rsi, %rsp\n"
	"	popq %r15\n"
	"	popq %r14\n"
	"	popq %r13\n"
	"	popq %r12\n"
	"	popq %rbx\n"
	"	popq %rbp\n"
	"	ret\n"
	".size sim_fiber_switch, .-sim_fiber_switch\n");

/* The fiber that begins: what a new stack's first `ret` reaches has no arguments. */
static _Thread_local struct fiber *beginning;

static void
run(void)
{
	struct fiber *fiber = beginning;
	SWITCH_END(NULL, &fiber->home_bottom, &fiber->home_size);
	fiber->entry(fiber->context);
	fiber->done = true;
	fiber_yield(fiber);
	HD_UNREACHABLE();
}

void
fiber_begin(struct fiber *fiber, void (*entry)(void *context), void *context)
{
	unsigned char *stack = fiber->stack;
	if (stack == NULL)
		stack = aligned_alloc(64, STACK_BYTES);
	HD_ASSERT(stack != NULL);
	UNPOISON(stack, STACK_BYTES);
	*fiber = (struct fiber){.stack = stack, .entry = entry, .context = context};
	/* As sim_fiber_switch leaves it: six registers, then where to go on; a call would have left
	 * the stack 8 bytes off a multiple of 16. */
	void **top = (void **)(void *)(stack + STACK_BYTES - 64);
	*--top = NULL;
	*--top = (void *)(uintptr_t)run;
	for (int i = 0; i < 6; i++)
		*--top = NULL;
	fiber->sp = top;
}

void
fiber_fini(struct fiber *fiber)
{
	if (fiber->stack != NULL)
		UNPOISON(fiber->stack, STACK_BYTES);
	free(fiber->stack);
	*fiber = (struct fiber){0};
}

void
fiber_resume(struct fiber *fiber)
{
	HD_ASSERT(fiber->stack != NULL && !fiber->done);
	beginning = fiber;
	SWITCH_BEGIN(&fiber->home_fake, fiber->stack, STACK_BYTES);
	sim_fiber_switch(&fiber->home_sp, fiber->sp);
	SWITCH_END(fiber->home_fake, NULL, NULL);
}

void
fiber_yield(struct fiber *fiber)
{
	SWITCH_BEGIN(fiber->done ? NULL : &fiber->fake, fiber->home_bottom, fiber->home_size);
	sim_fiber_switch(&fiber->sp, fiber->home_sp);
	SWITCH_END(fiber->fake, &fiber->home_bottom, &fiber->home_size);
}
