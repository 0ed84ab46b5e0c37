/* Names of commands. The hash looks at the length and the last eight bytes only; the table of this
 * release has no two names that share both. */
#include <stdio.h>
#include <strings.h>

#include "huntd/assert.h"
#include "net/resp/args.h"

#define FOLD                                                                                       \
	UINT64_C(0xdfdfdfdfdfdfdfdf) /* upper case for letters; one value a byte for the others */

static inline uint64_t
tail_key(struct hd_bytes name)
{
	uint64_t key = 0;
	if (name.size >= 8)
		memcpy(&key, name.at + name.size - 8, 8);
	else
		for (uint32_t i = 0; i < name.size; i++)
			key = key << 8 | name.at[i];
	return (key & FOLD) + name.size;
}

static inline uint32_t
bucket_of(uint64_t key)
{
	return (uint32_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 56);
}

void
hd_verbs_init(struct hd_verbs *verbs)
{
	memset(verbs, 0, sizeof *verbs);
	for (uint32_t i = 0; i < HD_CMD_COUNT_; i++) {
		uint64_t key = tail_key(hd_bytes_str(hd_command_rows[i].name));
		for (uint32_t k = 0; k < i; k++)
			HD_ASSERT(verbs->key[k] != key);
		verbs->key[i] = key;
		verbs->size[i] = (uint8_t)strlen(hd_command_rows[i].name);
		uint32_t bucket = bucket_of(key);
		while (verbs->verb[bucket])
			bucket = (bucket + 1) & 255;
		verbs->verb[bucket] = (uint8_t)(i + 1);
	}
}

enum hd_verb
hd_verbs_find(const struct hd_verbs *verbs, struct hd_bytes name)
{
	uint64_t key = tail_key(name);
	for (uint32_t bucket = bucket_of(key); verbs->verb[bucket]; bucket = (bucket + 1) & 255) {
		uint32_t verb = verbs->verb[bucket] - 1u;
		if (verbs->key[verb] != key)
			continue;
		const char *row = hd_command_rows[verb].name;
		bool same = verbs->size[verb] == name.size &&
			    strncasecmp((const char *)name.at, row, name.size) == 0;
		return same ? (enum hd_verb)verb : HD_CMD_COUNT_;
	}
	return HD_CMD_COUNT_;
}

/* Edit distance of a name to a row's, by rows of the usual table; names over 31 bytes are far. */
static uint32_t
distance(struct hd_bytes name, const char *row)
{
	uint8_t line[32];
	size_t size = strlen(row);
	if (name.size >= sizeof line || size >= sizeof line)
		return UINT32_MAX;
	for (size_t k = 0; k <= size; k++)
		line[k] = (uint8_t)k;
	for (uint32_t i = 0; i < name.size; i++) {
		uint8_t corner = line[0];
		line[0] = (uint8_t)(i + 1);
		for (size_t k = 0; k < size; k++) {
			uint8_t letter = name.at[i] >= 'a' && name.at[i] <= 'z' ? name.at[i] - 32
										: name.at[i];
			uint32_t best = corner + (letter == (uint8_t)row[k] ? 0 : 1u);
			if (line[k] + 1u < best)
				best = line[k] + 1u;
			if (line[k + 1] + 1u < best)
				best = line[k + 1] + 1u;
			corner = line[k + 1];
			line[k + 1] = (uint8_t)best;
		}
	}
	return line[size];
}

static const char *
nearest(struct hd_bytes name)
{
	const char *best = NULL;
	uint32_t best_distance =
		name.size / 4 + 1; /* three letters must be the last part of a name */
	for (uint32_t i = 0; i < HD_CMD_COUNT_; i++) {
		const char *row = hd_command_rows[i].name, *dot = strchr(row, '.');
		uint32_t whole = distance(name, row);
		uint32_t part = dot ? distance(name, dot + 1) : UINT32_MAX;
		uint32_t d = whole < part ? whole : part;
		if (d < best_distance) {
			best = row;
			best_distance = d;
		}
	}
	return best;
}

/* What people of Redis may try: said clearly, since nothing of the table is near. */
static const struct {
	const char *name, *text;
} refusals[] = {
	{"MULTI", "MULTI is not offered: every command of huntd is atomic by itself; give an ID to "
		  "retry safely"},
	{"EXEC", "EXEC without MULTI"},
	{"DISCARD", "DISCARD without MULTI"},
	{"WATCH", "WATCH is not offered: every command of huntd is atomic by itself"},
	{"UNWATCH", "UNWATCH is not offered: every command of huntd is atomic by itself"},
	{"EVAL", "scripts are not offered"},
	{"EVALSHA", "scripts are not offered"},
	{"SCRIPT", "scripts are not offered"},
	{"FCALL", "scripts are not offered"},
	{"CLUSTER", "This instance has cluster support disabled"},
	{"MONITOR", "MONITOR is not offered"},
};

void
hd_verbs_unknown(struct hd_bytes name, char *text, size_t room)
{
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
		if (hd_args_is(name, refusals[i].name)) {
			snprintf(text, room, "%s", refusals[i].text);
			return;
		}
	int shown = name.size < 64 ? (int)name.size : 64;
	const char *near = nearest(name);
	if (near)
		snprintf(text, room, "unknown command '%.*s'; did you mean %s?", shown,
			 (const char *)name.at, near);
	else
		snprintf(text, room, "unknown command '%.*s'", shown, (const char *)name.at);
}
