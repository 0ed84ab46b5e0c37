/* Lists of connections by handle; the buffers they borrow; a glob. */
#include "net/conn/inside.h"

void
hd_list_put(struct hd_edge *edge, enum list_name name, struct conn *conn)
{
	if (conn->listed & 1u << name)
		return;
	conn->listed |= (uint16_t)(1u << name);
	conn->links[name] = 0;
	struct list *list = &edge->lists[name];
	if (list->first)
		conn_at(edge, list->last)->links[name] = conn->slot;
	else
		list->first = conn->slot;
	list->last = conn->slot;
}

struct conn *
hd_list_pop(struct hd_edge *edge, enum list_name name)
{
	struct list *list = &edge->lists[name];
	if (!list->first)
		return NULL;
	struct conn *conn = conn_at(edge, list->first);
	HD_ASSERT(conn->listed & 1u << name);
	conn->listed &= (uint16_t) ~(1u << name);
	list->first = conn->links[name];
	return conn;
}

#define BUFFERS_KEPT_MAX (16u * HD_MIB)

static uint32_t
class_of(size_t size)
{
	uint32_t class = 0;
	while (((size_t)1 << (BUFFER_SMALLEST + class)) < size)
		class ++;
	return class;
}

uint8_t *
hd_buffers_take(struct buffers *buffers, size_t size, uint32_t *room)
{
	uint32_t class = class_of(size);
	HD_ASSERT(class < 22);
	*room = 1u << (BUFFER_SMALLEST + class);
	if (class < BUFFER_CLASSES && buffers->freed[class]) {
		void *at = buffers->freed[class];
		memcpy(&buffers->freed[class], at, sizeof(void *));
		buffers->kept -= *room;
		return at;
	}
	return hd_memory_take(buffers->memory, *room, 64);
}

void
hd_buffers_give(struct buffers *buffers, void *at, uint32_t room)
{
	if (!at)
		return;
	uint32_t class = class_of(room);
	if (class >= BUFFER_CLASSES || buffers->kept + room > BUFFERS_KEPT_MAX) {
		hd_memory_give(buffers->memory, at, room);
		return;
	}
	memcpy(at, &buffers->freed[class], sizeof(void *));
	buffers->freed[class] = at;
	buffers->kept += room;
}

void
hd_buffers_fini(struct buffers *buffers)
{
	for (uint32_t class = 0; class < BUFFER_CLASSES; class ++)
		while (buffers->freed[class]) {
			void *at = buffers->freed[class];
			memcpy(&buffers->freed[class], at, sizeof(void *));
			hd_memory_give(buffers->memory, at, 1u << (BUFFER_SMALLEST + class));
		}
}

/* Matches one byte against the class, literal or `?` at *at, and moves past it. */
static bool
glob_one(const uint8_t **at, const uint8_t *end, uint8_t byte)
{
	const uint8_t *p = *at;
	if (*p == '?') {
		*at = p + 1;
		return true;
	}
	if (*p != '[') {
		p += *p == '\\' && p + 1 < end;
		*at = p + 1;
		return *p == byte;
	}
	bool not = p + 1 < end && p[1] == '^', hit = false;
	for (p += 1 + not ; p < end && *p != ']'; p++) {
		uint8_t low = *p, high = low;
		if (end - p > 2 && p[1] == '-' && p[2] != ']') {
			high = p[2];
			p += 2;
		}
		hit |= byte >= low && byte <= high;
	}
	*at = p < end ? p + 1 : end;
	return hit != not ;
}

bool
hd_glob(struct hd_bytes pattern, struct hd_bytes text)
{
	const uint8_t *p = pattern.at, *p_end = p + pattern.size, *t = text.at,
		      *t_end = t + text.size;
	const uint8_t *star = NULL, *star_text = NULL;
	while (t < t_end) {
		const uint8_t *next = p;
		if (p < p_end && *p == '*') {
			star = ++p;
			star_text = t;
		} else if (p < p_end && glob_one(&next, p_end, *t)) {
			p = next;
			t++;
		} else if (star) {
			p = star;
			t = ++star_text;
		} else {
			return false;
		}
	}
	while (p < p_end && *p == '*')
		p++;
	return p == p_end;
}
