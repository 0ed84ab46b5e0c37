/* VELTRIX.DIFF: the lines that differ between two versions, `-` before those that went and `+`
 * before those that came.
 *
 * Equal lines at both ends are left out first. What is between them is compared by the longest
 * common subsequence where that is small (TABLE_MAX cells), so that the shard never pauses; else
 * all of it went and all of it came, which is true too. */
#include "core/game/state.h"
#include "huntd/value.h"

#define TABLE_MAX (256u * 1024u)
#define LINE_ROOM 8u /* of a line beside its bytes */

struct lines {
	struct hd_bytes *at;
	uint32_t count, room;
};

static uint32_t
count_lines(struct hd_bytes text)
{
	uint32_t count = 0;
	HD_ASSERT(text.size <= HD_DOCUMENT_MAX);
	for (uint32_t i = 0; i < text.size; i++)
		count += text.at[i] == '\n' || i + 1 == text.size;
	return count;
}

static struct lines
split(struct hd_memory *memory, struct hd_bytes text)
{
	struct lines lines = {.room = count_lines(text)};
	lines.at = hd_memory_take(memory, (lines.room + 1) * sizeof(*lines.at), 16);
	uint32_t begin = 0;
	for (uint32_t i = 0; i < text.size; i++) {
		bool ends = text.at[i] == '\n';
		if (!ends && i + 1 < text.size)
			continue;
		lines.at[lines.count++] = hd_bytes_of(text.at + begin, i + !ends - begin);
		begin = i + 1;
	}
	HD_ASSERT(lines.count == lines.room);
	return lines;
}

static void
write_line(struct hd_writer *out, char sign, struct hd_bytes line)
{
	hd_write_u8(out, HD_VALUE_BULK);
	hd_write_varint(out, line.size + 1u);
	hd_write_u8(out, (uint8_t)sign);
	hd_write_fixed(out, line.at, line.size);
}

/* table[i][j]: length of the longest common subsequence of a[i..] and b[j..]. */
static void
fill(uint16_t *table, const struct hd_bytes *a, uint32_t n, const struct hd_bytes *b, uint32_t m)
{
	uint32_t row = m + 1;
	HD_ASSERT((n + 1) * row <= TABLE_MAX);
	for (uint32_t i = n; i-- > 0;) {
		for (uint32_t j = m; j-- > 0;) {
			uint16_t down = table[(i + 1) * row + j], right = table[i * row + j + 1];
			uint16_t best = down > right ? down : right;
			if (hd_bytes_equal(a[i], b[j]))
				best = (uint16_t)(table[(i + 1) * row + j + 1] + 1);
			table[i * row + j] = best;
		}
	}
}

/* Writes the differing lines of a and b by the table; without one all of them. Returns how many. */
static uint32_t
write_changes(struct hd_writer *out, const uint16_t *table, const struct hd_bytes *a, uint32_t n,
	      const struct hd_bytes *b, uint32_t m)
{
	uint32_t i = 0, j = 0, count = 0, row = m + 1;
	while (i < n || j < m) {
		if (table != NULL && i < n && j < m && hd_bytes_equal(a[i], b[j])) {
			i++;
			j++;
			continue;
		}
		bool went = j == m || (i < n && (table == NULL || table[(i + 1) * row + j] >=
									  table[i * row + j + 1]));
		write_line(out, went ? '-' : '+', went ? a[i++] : b[j++]);
		count++;
	}
	HD_ASSERT(i == n && j == m);
	return count;
}

static uint32_t
write_middle(struct hd_memory *memory, struct hd_writer *out, const struct lines *a,
	     const struct lines *b)
{
	uint32_t head = 0, tail = 0, least = a->count < b->count ? a->count : b->count;
	while (head < least && hd_bytes_equal(a->at[head], b->at[head]))
		head++;
	while (tail < least - head &&
	       hd_bytes_equal(a->at[a->count - 1 - tail], b->at[b->count - 1 - tail]))
		tail++;
	uint32_t n = a->count - head - tail, m = b->count - head - tail;
	uint64_t cells = (uint64_t)(n + 1) * (m + 1);
	uint16_t *table = NULL;
	if (cells <= TABLE_MAX && n < UINT16_MAX && m < UINT16_MAX) {
		table = hd_memory_take(memory, cells * sizeof(*table), 16);
		fill(table, a->at + head, n, b->at + head, m);
	}
	uint32_t count = write_changes(out, table, a->at + head, n, b->at + head, m);
	if (table != NULL)
		hd_memory_give(memory, table, cells * sizeof(*table));
	return count;
}

void
hd_diff_decide(struct hd_case *c)
{
	const struct hd_command *command = c->command;
	struct hd_document_version from, to;
	HD_ASSERT(command->verb == HD_CMD_DIFF);
	c->out->reply = (struct hd_reply){.kind = HD_REPLY_NIL};
	if (command->offset > UINT32_MAX ||
	    !hd_core_document(c->core, command->hunt, command->count, &from) ||
	    !hd_core_document(c->core, command->hunt, (uint32_t)command->offset, &to))
		return;
	struct hd_memory *memory = c->core->memory;
	struct lines a = split(memory, from.text), b = split(memory, to.text);
	uint32_t room = from.text.size + to.text.size + (a.count + b.count + 2) * LINE_ROOM;
	struct hd_writer out = hd_core_answer(c->core, room);
	/* The count stands before the lines and is known after them: room for a full varint. */
	uint8_t *begin = out.at, *lines = begin + LINE_ROOM;
	out.at = lines;
	uint32_t count = write_middle(memory, &out, &a, &b);
	struct hd_writer head = hd_writer_of(begin, LINE_ROOM);
	hd_value_array(&head, count);
	uint32_t size = (uint32_t)(head.at - begin);
	memmove(lines - size, begin, size);
	HD_ASSERT(!out.full && !head.full);
	c->out->reply = (struct hd_reply){
		.kind = HD_REPLY_VALUE,
		.detail = hd_bytes_of(lines - size, (size_t)(out.at - lines) + size)};
	hd_memory_give(memory, a.at, (a.room + 1) * sizeof(*a.at));
	hd_memory_give(memory, b.at, (b.room + 1) * sizeof(*b.at));
}
