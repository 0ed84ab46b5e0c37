#include "perf/load/reply.h"

/* The number of a line `*12` or `$-1` behind its mark; false where it is none. */
static inline bool
read_length(const uint8_t *at, const uint8_t *end, int64_t *length)
{
	bool negative = at < end && *at == '-';
	int64_t value = 0;
	at += negative;
	if (at == end || end - at > 12)
		return false;
	for (; at < end; at++) {
		if (*at < '0' || *at > '9')
			return false;
		value = value * 10 + (*at - '0');
	}
	*length = negative ? -value : value;
	return true;
}

/* The line's end (at its CR), NULL: not there yet. */
static inline const uint8_t *
line_end(const uint8_t *at, const uint8_t *end)
{
	while (end - at >= 2) {
		const uint8_t *cr = memchr(at, '\r', (size_t)(end - at - 1));
		if (!cr)
			return NULL;
		if (cr[1] == '\n')
			return cr;
		at = cr + 1;
	}
	return NULL;
}

struct walk {
	const uint8_t *at, *end;
	uint64_t left; /* values still to come */
	bool first;    /* no scalar was seen */
	uint32_t next; /* place for what comes after the first */
	struct hd_load_reply *reply;
};

static inline void
scalar(struct walk *walk, const uint8_t *at, size_t size)
{
	if (walk->first)
		walk->reply->text = hd_bytes_of(at, size);
	else if (walk->next < 2)
		walk->reply->next[walk->next++] = hd_bytes_of(at, size);
	walk->first = false;
}

/* A bulk's body behind its line. False: not whole yet. */
static inline bool
bulk(struct walk *walk, uint64_t size)
{
	if ((uint64_t)(walk->end - walk->at) < size + 2)
		return false;
	scalar(walk, walk->at, size);
	if (size > walk->reply->bulk.size)
		walk->reply->bulk = hd_bytes_of(walk->at, size);
	walk->at += size + 2;
	return true;
}

/* One value's line, and a bulk's body. */
static inline size_t
value(struct walk *walk)
{
	const uint8_t *line = walk->at + 1, *stop = line_end(walk->at, walk->end);
	uint8_t mark = *walk->at;
	int64_t length = 0;
	if (!stop)
		return HD_LOAD_REPLY_UNFINISHED;
	walk->at = stop + 2;
	walk->left--;
	if (strchr("+-:#,(", mark) && mark) {
		scalar(walk, line, (size_t)(stop - line));
		return 1;
	}
	if (mark == '_')
		length = -1;
	else if (!strchr("$=!*~>%", mark) || !mark || !read_length(line, stop, &length))
		return HD_LOAD_REPLY_INVALID;
	if (length < 0) {
		walk->reply->nil |= walk->first;
		walk->first = false;
		return 1;
	}
	if (mark == '$' || mark == '=' || mark == '!')
		return bulk(walk, (uint64_t)length) ? 1 : HD_LOAD_REPLY_UNFINISHED;
	walk->left += (uint64_t)length << (mark == '%');
	return 1;
}

size_t
hd_load_reply_read(const uint8_t *at, const uint8_t *end, struct hd_load_reply *reply)
{
	struct walk walk = {at, end, 1, true, 0, reply};
	*reply = (struct hd_load_reply){0};
	if (at < end)
		reply->mark = *at;
	while (walk.left) {
		if (walk.at == end)
			return HD_LOAD_REPLY_UNFINISHED;
		size_t state = value(&walk);
		if (state != 1)
			return state;
	}
	return (size_t)(walk.at - at);
}
