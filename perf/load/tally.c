#include "perf/load/tally.h"

#include <stdio.h>

/* An outcome's number, HD_OUTCOME_COUNT for another word. */
static uint32_t
outcome_of(struct hd_bytes text)
{
#define X(symbol, name)                                                                            \
	if (text.size == sizeof(name) - 1 && memcmp(text.at, name, sizeof(name) - 1) == 0)         \
		return HD_OUTCOME_##symbol;
	HD_OUTCOMES(X)
#undef X
	return HD_OUTCOME_COUNT;
}

static void
add_error(struct hd_load_tally *tally, const char *prefix, const char *message, uint64_t count)
{
	struct hd_load_error *error = tally->errors;
	uint32_t i = 0;
	while (i < tally->errors_count && strcmp(error[i].prefix, prefix) != 0)
		i++;
	if (i >= HD_LOAD_ERRORS_MAX - 1) {
		i = HD_LOAD_ERRORS_MAX - 1;
		prefix = "others";
	}
	if (i == tally->errors_count) {
		tally->errors_count++;
		snprintf(error[i].prefix, sizeof error[i].prefix, "%s", prefix);
		snprintf(error[i].message, sizeof error[i].message, "%s", message);
	}
	error[i].count += count;
}

static void
tally_error(struct hd_load_tally *tally, struct hd_bytes text)
{
	char prefix[24], message[200];
	uint32_t size = 0;
	while (size < text.size && text.at[size] != ' ')
		size++;
	snprintf(prefix, sizeof prefix, "%.*s", (int)size, (const char *)text.at);
	snprintf(message, sizeof message, "%.*s", (int)text.size, (const char *)text.at);
	add_error(tally, prefix, message, 1);
}

void
hd_load_tally_reply(struct hd_load_tally *tally, const struct hd_load_flight *flight,
		    const struct hd_load_reply *reply, uint64_t now)
{
	uint64_t ns = now > flight->at ? now - flight->at : 0;
	uint8_t verb = flight->verb;
	struct hd_load_verb_tally *of = &tally->verbs[verb];
	if (reply->mark == '-' || reply->mark == '!') {
		of->errors++;
		tally_error(tally, reply->text);
		return;
	}
	hd_histogram_add(&of->latency_ns, ns);
	hd_histogram_add(&tally->real_ns, now > flight->sent ? now - flight->sent : 0);
	if (flight->group)
		hd_histogram_add(&tally->groups_ns[flight->group], ns);
	if (reply->nil) {
		of->nils++;
	} else if (verb == HD_LOAD_SUBMIT || verb == HD_LOAD_AWARD || verb == HD_LOAD_JOIN) {
		uint32_t outcome = outcome_of(reply->text);
		if (outcome < HD_OUTCOME_COUNT)
			of->outcomes[outcome]++;
	}
}

void
hd_load_tally_merge(struct hd_load_tally *into, const struct hd_load_tally *from)
{
	for (uint32_t verb = 0; verb < HD_LOAD_VERB_COUNT; verb++) {
		struct hd_load_verb_tally *a = &into->verbs[verb];
		const struct hd_load_verb_tally *b = &from->verbs[verb];
		hd_histogram_merge(&a->latency_ns, &b->latency_ns);
		a->errors += b->errors;
		a->nils += b->nils;
		for (uint32_t i = 0; i < HD_OUTCOME_COUNT; i++)
			a->outcomes[i] += b->outcomes[i];
	}
	for (uint32_t i = 0; i < from->errors_count; i++)
		add_error(into, from->errors[i].prefix, from->errors[i].message,
			  from->errors[i].count);
	for (uint32_t i = 0; i < HD_LOAD_GROUP_COUNT; i++)
		hd_histogram_merge(&into->groups_ns[i], &from->groups_ns[i]);
	hd_histogram_merge(&into->real_ns, &from->real_ns);
	hd_histogram_merge(&into->late_ns, &from->late_ns);
	into->sent += from->sent;
	into->unsent += from->unsent;
	into->lost += from->lost;
	if (from->last_reply > into->last_reply)
		into->last_reply = from->last_reply;
}

uint64_t
hd_load_tally_completed(const struct hd_load_tally *tally)
{
	uint64_t sum = 0;
	for (uint32_t verb = 0; verb < HD_LOAD_VERB_COUNT; verb++)
		sum += tally->verbs[verb].latency_ns.count;
	return sum;
}

uint64_t
hd_load_tally_errors(const struct hd_load_tally *tally)
{
	uint64_t sum = 0;
	for (uint32_t verb = 0; verb < HD_LOAD_VERB_COUNT; verb++)
		sum += tally->verbs[verb].errors;
	return sum;
}
