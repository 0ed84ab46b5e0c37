/* Texts of faults. No text of a document is ever copied raw. */
#include "core/veltrix/fault.h"

#include "huntd/assert.h"

struct sink {
	char *at, *end; /* end leaves room for the closing zero */
};

static void
put(struct sink *sink, const char *text, size_t size)
{
	HD_ASSERT(sink->at <= sink->end);
	size_t room = (size_t)(sink->end - sink->at);
	size_t fits = size < room ? size : room;
	while (fits > 0 && fits < size && ((uint8_t)text[fits] & 0xc0) == 0x80)
		fits--; /* never half a character */
	memcpy(sink->at, text, fits);
	sink->at += fits;
	if (fits < size)
		sink->end = sink->at;
}

static void
put_text(struct sink *sink, const char *text)
{
	put(sink, text, strlen(text));
}

static void
put_number(struct sink *sink, int64_t value)
{
	char digits[21];
	size_t at = sizeof digits;
	uint64_t left = value < 0 ? ~(uint64_t)value + 1 : (uint64_t)value;
	do {
		digits[--at] = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (value < 0)
		digits[--at] = '-';
	HD_ASSERT(at < sizeof digits);
	put(sink, digits + at, sizeof digits - at);
}

/* Bytes of the well-formed UTF-8 character that starts at `at`, by its first byte; 1 else. */
static uint32_t
character_size(struct hd_bytes bytes, uint32_t at)
{
	uint8_t lead = bytes.at[at];
	uint32_t size = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1;
	for (uint32_t i = 1; i < size; i++)
		if (at + i >= bytes.size || (bytes.at[at + i] & 0xc0) != 0x80)
			return 1;
	return size;
}

static void
put_escaped(struct sink *sink, uint8_t byte)
{
	static const char hex[] = "0123456789abcdef";
	char text[4] = {'\\', 'x', hex[byte >> 4], hex[byte & 15]};
	if (byte == '\n')
		put(sink, "\\n", 2);
	else if (byte == '\t')
		put(sink, "\\t", 2);
	else
		put(sink, text, sizeof text);
}

/* Cut after HD_QUOTED_MAX bytes; controls, C1 controls and broken UTF-8 escaped. */
static void
put_bytes(struct sink *sink, struct hd_bytes bytes)
{
	uint32_t at = 0;
	while (at < bytes.size && at < HD_QUOTED_MAX) {
		uint32_t size = character_size(bytes, at);
		uint8_t byte = bytes.at[at];
		bool control = byte < 0x20 || byte == 0x7f || (size == 1 && byte >= 0x80) ||
			       (byte == 0xc2 && bytes.at[at + 1] < 0xa0);
		if (!control)
			put(sink, (const char *)bytes.at + at, size);
		for (uint32_t i = 0; control && i < size; i++)
			put_escaped(sink, bytes.at[at + i]);
		at += size;
	}
	if (at < bytes.size)
		put_text(sink, "...");
}

static void
put_quoted(struct sink *sink, struct hd_bytes bytes)
{
	put_text(sink, "`");
	put_bytes(sink, bytes);
	put_text(sink, "`");
}

static void
put_node(struct sink *sink, const struct hd_node *node)
{
	HD_ASSERT(node->kind <= HD_NODE_MAP);
	if (node->kind == HD_NODE_LIST)
		put_text(sink, "a list");
	else if (node->kind == HD_NODE_MAP)
		put_text(sink, "a map");
	else if (node->text.size == 0)
		put_text(sink, "nothing");
	else
		put_quoted(sink, node->text);
}

static void
put_mark(struct sink *sink, char mark, va_list *arguments)
{
	switch (mark) {
	case 's':
		put_text(sink, va_arg(*arguments, const char *));
		return;
	case 'q':
		put_quoted(sink, va_arg(*arguments, struct hd_bytes));
		return;
	case 'b':
		put_bytes(sink, va_arg(*arguments, struct hd_bytes));
		return;
	case 'd':
		put_number(sink, va_arg(*arguments, int64_t));
		return;
	case 'n':
		put_node(sink, va_arg(*arguments, const struct hd_node *));
		return;
	default:
		HD_UNREACHABLE();
	}
}

static void
put_format(struct sink *sink, const char *format, va_list *arguments)
{
	HD_ASSERT(format[0] != 0);
	for (const char *at = format; *at; at++) {
		if (*at != '%')
			put(sink, at, 1);
		else
			put_mark(sink, *++at, arguments);
	}
	*sink->at = 0;
}

static void
add(struct hd_check *check, uint32_t line, uint32_t column, const char *format, va_list *arguments)
{
	struct hd_faults *faults = check->faults;
	HD_ASSERT(faults->count <= HD_FAULTS_MAX);
	if (faults->count == HD_FAULTS_MAX) {
		faults->skipped++;
		return;
	}
	struct hd_fault *fault = &faults->row[faults->count++];
	fault->line = line;
	fault->column = column;
	memcpy(fault->path, check->path, check->path_size);
	fault->path[check->path_size] = 0;
	struct sink sink = {fault->what, fault->what + sizeof fault->what - 1};
	put_format(&sink, format, arguments);
}

void
hd_fault(struct hd_check *check, const struct hd_node *node, const char *format, ...)
{
	HD_ASSERT(check && node);
	va_list arguments;
	va_start(arguments, format);
	add(check, node->line, node->column, format, &arguments);
	va_end(arguments);
}

void
hd_fault_key(struct hd_check *check, const struct hd_node *node, const char *format, ...)
{
	HD_ASSERT(check && node->key_line > 0);
	va_list arguments;
	va_start(arguments, format);
	add(check, node->key_line, node->key_column, format, &arguments);
	va_end(arguments);
}

static struct sink
path_sink(struct hd_check *check)
{
	HD_ASSERT(check->path_size < sizeof check->path);
	return (struct sink){check->path + check->path_size, check->path + sizeof check->path - 1};
}

uint32_t
hd_check_enter_key(struct hd_check *check, const char *key)
{
	uint32_t mark = check->path_size;
	struct sink sink = path_sink(check);
	if (mark > 0)
		put_text(&sink, ".");
	put_text(&sink, key);
	check->path_size = (uint32_t)(sink.at - check->path);
	return mark;
}

uint32_t
hd_check_enter_item(struct hd_check *check, uint32_t index)
{
	uint32_t mark = check->path_size;
	struct sink sink = path_sink(check);
	put_text(&sink, "[");
	put_number(&sink, index);
	put_text(&sink, "]");
	check->path_size = (uint32_t)(sink.at - check->path);
	return mark;
}

void
hd_check_leave(struct hd_check *check, uint32_t mark)
{
	HD_ASSERT(mark <= check->path_size);
	check->path_size = mark;
}

static bool
stands_before(const struct hd_fault *a, const struct hd_fault *b)
{
	return a->line != b->line ? a->line < b->line : a->column < b->column;
}

void
hd_faults_sort(struct hd_faults *faults)
{
	HD_ASSERT(faults->count <= HD_FAULTS_MAX);
	for (uint32_t i = 1; i < faults->count; i++) {
		struct hd_fault fault = faults->row[i];
		uint32_t at = i;
		for (; at > 0 && stands_before(&fault, &faults->row[at - 1]); at--)
			faults->row[at] = faults->row[at - 1];
		faults->row[at] = fault;
	}
}
