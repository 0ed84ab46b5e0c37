/* tables.c - the rows of the X-macros as data, for those who print them. */
#include "huntd/assert.h"
#include "huntd/command.h"
#include "huntd/error.h"
#include "huntd/event.h"
#include "huntd/order.h"
#include "huntd/reply.h"

const char *
hd_error_prefix(enum hd_error error)
{
	static const char *const prefixes[] = {
#define X(symbol, prefix, text) prefix,
		HD_ERRORS(X)
#undef X
	};
	HD_ASSERT((unsigned)error < HD_ERROR_COUNT);
	return prefixes[error];
}

const char *
hd_error_text(enum hd_error error)
{
	static const char *const texts[] = {
#define X(symbol, prefix, text) text,
		HD_ERRORS(X)
#undef X
	};
	HD_ASSERT((unsigned)error < HD_ERROR_COUNT);
	return texts[error];
}

const char *
hd_outcome_name(enum hd_outcome outcome)
{
	static const char *const names[] = {
#define X(symbol, name) name,
		HD_OUTCOMES(X)
#undef X
	};
	HD_ASSERT((unsigned)outcome < HD_OUTCOME_COUNT);
	return names[outcome];
}

const char *
hd_op_name(enum hd_award_op op)
{
	static const char *const names[] = {
#define X(symbol, name) name,
		HD_AWARD_OPS(X)
#undef X
	};
	HD_ASSERT((unsigned)op <= HD_OP_DECR);
	return names[op];
}

const char *
hd_phase_name(enum hd_phase phase)
{
	static const char *const names[] = {
#define X(symbol, name) name,
		HD_PHASES(X)
#undef X
	};
	HD_ASSERT((unsigned)phase <= HD_PHASE_CLOSED);
	return names[phase];
}

const char *
hd_event_name(enum hd_event_type type)
{
	static const char *const names[HD_EVENT_TYPE_END] = {
#define X(symbol, number, name) [number] = name,
		HD_EVENTS(X)
#undef X
	};
	HD_ASSERT((unsigned)type < HD_EVENT_TYPE_END);
	HD_ASSERT(names[type] != NULL);
	return names[type];
}

const struct hd_command_row hd_command_rows[HD_CMD_COUNT_] = {
#define X(symbol, name, route, arity, key, flags, usage, summary)                                  \
	{#symbol, name, HD_ROUTE_##route, arity, key, flags, usage, summary},
	HD_COMMANDS(X)
#undef X
};
