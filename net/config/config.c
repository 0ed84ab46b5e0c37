#include "net/config/config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "huntd/assert.h"

const struct hd_config_row hd_config_rows[HD_SETTING_COUNT] = {
#define X(field, name, kind, fallback, when, help)                                                 \
	{name, HD_CONFIG_##kind, fallback, HD_CONFIG_##when, help},
	HD_SETTINGS(X)
#undef X
};

struct unit {
	const char *name;
	int64_t size;
};

static const struct unit times[] = {
	{"ms", 1000000}, {"s", 1000000000}, {"m", 60000000000}, {"h", 3600000000000}, {NULL, 0}};
static const struct unit sizes[] = {
	{"KiB", 1024}, {"MiB", 1024 * 1024}, {"GiB", 1024 * 1024 * 1024}, {"", 1}, {NULL, 0}};

/* `12ms`, `64MiB`: a whole number and a unit of the table. */
static bool
read_quantity(const char *text, const struct unit *units, int64_t *out)
{
	char *end;
	errno = 0;
	long long number = strtoll(text, &end, 10);
	if (end == text || errno || number < 0 || !isdigit((unsigned char)text[0]))
		return false;
	for (; units->name; units++) {
		if (strcasecmp(end, units->name) == 0)
			return !__builtin_mul_overflow((int64_t)number, units->size, out);
	}
	return false;
}

static bool
read_count(const char *text, int64_t min, int64_t max, int64_t *out)
{
	static const struct unit none[] = {{"", 1}, {NULL, 0}};
	return read_quantity(text, none, out) && *out >= min && *out <= max;
}

static bool
read_address(const char *text, struct hd_config_value *value)
{
	const char *colon = strrchr(text, ':');
	char host[64];
	int64_t port;
	struct in_addr address;
	if (!colon || (size_t)(colon - text) >= sizeof host)
		return false;
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = 0;
	if (strcmp(host, "localhost") == 0)
		snprintf(host, sizeof host, "127.0.0.1");
	if (inet_pton(AF_INET, host, &address) != 1 || !read_count(colon + 1, 0, 65535, &port))
		return false;
	value->host = ntohl(address.s_addr);
	value->port = (uint16_t)port;
	return true;
}

static bool
read_durability(const char *text, struct hd_config *config, struct hd_config_value *value)
{
	if (strcmp(text, "batch") == 0) {
		config->durability = HD_DURABLE_BATCH;
		return true;
	}
	if (strcmp(text, "off") == 0) {
		config->durability = HD_DURABLE_OFF;
		return true;
	}
	if (strncmp(text, "window:", 7) != 0 || !read_quantity(text + 7, times, &value->number) ||
	    value->number < 10000000 || value->number > 1000000000)
		return false;
	config->durability = HD_DURABLE_WINDOW;
	return true;
}

/* What a kind allows, for the fault's text. */
static const char *
allowed(enum hd_config_kind kind)
{
	static const char *const texts[] = {
		[HD_CONFIG_ADDRESS] = "an IPv4 address and a port, like 127.0.0.1:4868",
		[HD_CONFIG_DOOR] = "an IPv4 address and a port, like 127.0.0.1:4880, or off",
		[HD_CONFIG_TEXT] = "a text of 1 to 255 bytes",
		[HD_CONFIG_SHARDS] = "auto, or 1 to 64",
		[HD_CONFIG_DURABILITY] = "batch, window:10ms to window:1s, or off",
		[HD_CONFIG_TRUST] = "loopback or all",
		[HD_CONFIG_MEMORY] = "auto, or a size from 16MiB, like 2GiB",
		[HD_CONFIG_SEGMENT] = "a size from 1MiB to 1GiB, a multiple of 512KiB",
		[HD_CONFIG_SWITCH] = "on or off",
		[HD_CONFIG_SIZE] = "0, or a size, like 100GiB",
		[HD_CONFIG_COUNT] = "a whole number from 1 to 100000000",
		[HD_CONFIG_SECONDS] = "a time from 1s to 24h, whole seconds",
		[HD_CONFIG_MILLIS] = "a time from 1ms to 10s",
		[HD_CONFIG_RINGS] = "auto, or 1 to 65536",
		[HD_CONFIG_PERIOD] = "0, or a time from 1s to 10000h",
		[HD_CONFIG_YES] = "yes or no",
		[HD_CONFIG_MICROS] = "microseconds up to 3600000000; 0: all, -1: none",
		[HD_CONFIG_KEPT] = "a whole number from 0 to 1024",
		[HD_CONFIG_SAMPLE] = "a whole number from 1 to 1000000",
		[HD_CONFIG_EVENTS] = "0, or a whole number from 1000 to 1000000000",
	};
	return texts[kind];
}

static bool
read_value(struct hd_config *config, enum hd_config_kind kind, const char *text,
	   struct hd_config_value *value)
{
	bool automatic = strcmp(text, "auto") == 0;
	int64_t *out = &value->number;
	*out = 0;
	switch (kind) {
	case HD_CONFIG_ADDRESS:
		return read_address(text, value);
	case HD_CONFIG_DOOR:
		*out = strcmp(text, "off") != 0;
		return !*out || read_address(text, value);
	case HD_CONFIG_TEXT:
		return text[0] != 0;
	case HD_CONFIG_SHARDS:
		return automatic || read_count(text, 1, HD_SHARDS_MAX, out);
	case HD_CONFIG_DURABILITY:
		return read_durability(text, config, value);
	case HD_CONFIG_TRUST:
		*out = strcmp(text, "all") == 0;
		return *out || strcmp(text, "loopback") == 0;
	case HD_CONFIG_MEMORY:
		return automatic || (read_quantity(text, sizes, out) && *out >= 16 * 1024 * 1024);
	case HD_CONFIG_SEGMENT:
		return read_quantity(text, sizes, out) && *out >= (int64_t)HD_MIB &&
		       *out <= (int64_t)HD_SEGMENT_MAX && *out % HD_FRAME_MAX == 0;
	case HD_CONFIG_SWITCH:
		*out = strcmp(text, "on") == 0;
		return *out || strcmp(text, "off") == 0;
	case HD_CONFIG_SIZE:
		return read_quantity(text, sizes, out);
	case HD_CONFIG_COUNT:
		return read_count(text, 1, 100000000, out);
	case HD_CONFIG_SECONDS:
		return read_quantity(text, times, out) && *out >= 1000000000 &&
		       *out <= 86400000000000 && *out % 1000000000 == 0;
	case HD_CONFIG_MILLIS:
		return read_quantity(text, times, out) && *out >= 1000000 && *out <= 10000000000;
	case HD_CONFIG_PERIOD:
		return read_count(text, 0, 0, out) ||
		       (read_quantity(text, times, out) && *out >= 1000000000 &&
			*out <= 36000000000000000);
	case HD_CONFIG_RINGS:
		return automatic || read_count(text, 1, 65536, out);
	case HD_CONFIG_YES:
		*out = strcmp(text, "yes") == 0;
		return *out || strcmp(text, "no") == 0;
	case HD_CONFIG_MICROS:
		*out = -1;
		return strcmp(text, "-1") == 0 || read_count(text, 0, 3600000000, out);
	case HD_CONFIG_KEPT:
		return read_count(text, 0, HD_SLOW_MAX, out);
	case HD_CONFIG_SAMPLE:
		return read_count(text, 1, 1000000, out);
	case HD_CONFIG_EVENTS:
		return read_count(text, 0, 1000000000, out) && (*out == 0 || *out >= 1000);
	}
	HD_UNREACHABLE();
}

static int
find_row(const char *name)
{
	for (int i = 0; i < HD_SETTING_COUNT; i++) {
		if (strcmp(hd_config_rows[i].name, name) == 0)
			return i;
	}
	return -1;
}

/* A_B is a.b, a-b or a_b, which are never two settings. */
static const char *
variable_name(const char *name)
{
	for (int i = 0; i < HD_SETTING_COUNT; i++) {
		const char *a = hd_config_rows[i].name, *b = name;
		for (; *a && *b == (isalnum((unsigned char)*a) ? toupper((unsigned char)*a) : '_');
		     b++)
			a++;
		if (*a == '\0' && *b == '\0')
			return hd_config_rows[i].name;
	}
	return name;
}

bool
hd_config_set(struct hd_config *config, const char *name, const char *value, const char *from,
	      char *fault, size_t room)
{
	int row = find_row(name);
	if (row < 0) {
		snprintf(fault, room, "`%.64s` is not a setting; huntd --print-config lists them",
			 name);
		return false;
	}
	struct hd_config_value next = {0};
	uint8_t durability = config->durability;
	if (strlen(value) >= sizeof next.text ||
	    !read_value(config, hd_config_rows[row].kind, value, &next)) {
		config->durability = durability;
		snprintf(fault, room, "`%.64s` is not allowed; %s takes %s", value, name,
			 allowed(hd_config_rows[row].kind));
		return false;
	}
	snprintf(next.text, sizeof next.text, "%s", value);
	snprintf(next.from, sizeof next.from, "%s", from);
	config->values[row] = next;
	return true;
}

void
hd_config_defaults(struct hd_config *config)
{
	char fault[HD_CONFIG_TEXT_MAX];
	memset(config, 0, sizeof *config);
	for (int i = 0; i < HD_SETTING_COUNT; i++) {
		bool good =
			hd_config_set(config, hd_config_rows[i].name, hd_config_rows[i].fallback,
				      "default", fault, sizeof fault);
		HD_ASSERT(good);
	}
}

static void
add_fault(struct hd_faults *faults, uint32_t line, uint32_t column, const char *path,
	  const char *what)
{
	if (faults->count == HD_FAULTS_MAX) {
		faults->skipped++;
		return;
	}
	struct hd_fault *fault = &faults->row[faults->count++];
	fault->line = line;
	fault->column = column;
	snprintf(fault->path, sizeof fault->path, "%s", path);
	snprintf(fault->what, sizeof fault->what, "%s", what);
}

/* Maps nest or names are dotted: `log: {segment: 64MiB}` and `log.segment: 64MiB` are one. */
static void
apply_map(struct hd_config *config, const struct hd_document *document, uint32_t map,
	  const char *prefix, const char *file, struct hd_faults *faults)
{
	for (uint32_t i = document->nodes[map].first; i; i = document->nodes[i].next) {
		const struct hd_node *node = &document->nodes[i];
		char name[128], value[HD_CONFIG_TEXT_MAX + 1], what[256], from[HD_CONFIG_TEXT_MAX];
		snprintf(name, sizeof name, "%s%s%.*s", prefix, prefix[0] ? "." : "",
			 (int)(node->key.size < 64 ? node->key.size : 64),
			 (const char *)node->key.at);
		if (node->kind == HD_NODE_MAP && !prefix[0]) {
			apply_map(config, document, i, name, file, faults);
			continue;
		}
		snprintf(value, sizeof value, "%.*s", (int)node->text.size,
			 node->text.size ? (const char *)node->text.at : "");
		snprintf(from, sizeof from, "%.200s:%u", file, node->line);
		if (node->kind != HD_NODE_SCALAR)
			add_fault(faults, node->line, node->column, name,
				  "must be one value, not a list or map");
		else if (!hd_config_set(config, name, value, from, what, sizeof what))
			add_fault(faults, node->key_line, node->key_column, name, what);
	}
}

void
hd_config_document(struct hd_config *config, const struct hd_document *document, const char *file,
		   struct hd_faults *faults)
{
	if (document->count == 0)
		return;
	if (document->nodes[0].kind != HD_NODE_MAP) {
		add_fault(faults, 1, 1, "", "the configuration must be a map of settings");
		return;
	}
	apply_map(config, document, 0, "", file, faults);
}

void
hd_config_environment(struct hd_config *config, char *const *environment, struct hd_faults *faults)
{
	for (; *environment; environment++) {
		const char *equals = strchr(*environment, '=');
		char name[64], what[256];
		if (strncmp(*environment, "HUNTD_", 6) != 0 || !equals ||
		    (size_t)(equals - *environment) >= sizeof name)
			continue;
		snprintf(name, sizeof name, "%.*s", (int)(equals - *environment), *environment);
		if (!hd_config_set(config, variable_name(name + 6), equals + 1, name, what,
				   sizeof what))
			add_fault(faults, 0, 0, name, what);
	}
}

bool
hd_config_whole(const struct hd_config *config, char *fault, size_t room)
{
	static const enum hd_setting addresses[] = {HD_SETTING_resp, HD_SETTING_http};
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		const struct hd_config_value *value = &config->values[addresses[i]];
		bool off = addresses[i] == HD_SETTING_http && !value->number;
		if (off || value->host >> 24 == 127 || config->values[HD_SETTING_trust].number)
			continue;
		snprintf(fault, room,
			 "%s %.64s is not a loopback address, and every connection is an operator; "
			 "say trust=all to listen there all the same",
			 hd_config_rows[addresses[i]].name, value->text);
		return false;
	}
	const struct hd_config_value *resp = &config->values[HD_SETTING_resp];
	const struct hd_config_value *http = &config->values[HD_SETTING_http];
	bool meet = resp->host == http->host || resp->host == 0 || http->host == 0;
	if (http->number && meet && resp->port != 0 && resp->port == http->port) {
		snprintf(fault, room, "resp %.64s and http %.64s need a port each", resp->text,
			 http->text);
		return false;
	}
	return true;
}

struct hd_runtime_config
hd_config_runtime(const struct hd_config *config)
{
	const struct hd_config_value *v = config->values;
	return (struct hd_runtime_config){
		.shards = (uint32_t)v[HD_SETTING_shards].number,
		.data = v[HD_SETTING_data].text,
		.durability = config->durability,
		.durability_window_ns = v[HD_SETTING_durability].number,
		.segment_bytes = (uint64_t)v[HD_SETTING_segment].number,
		.archive = v[HD_SETTING_archive].number != 0,
		.archive_max = (uint64_t)v[HD_SETTING_archive_max].number,
		.scrub_ns = v[HD_SETTING_scrub].number,
		.memory_bytes = (uint64_t)v[HD_SETTING_memory].number,
		.busy_ms = (uint32_t)(v[HD_SETTING_busy_ms].number / 1000000),
		.tick_ms = (uint32_t)(v[HD_SETTING_tick_ms].number / 1000000),
		.snapshot_events = (uint64_t)v[HD_SETTING_snapshot_events].number,
		.ids_max = (uint32_t)v[HD_SETTING_ids_max].number,
		.puzzle_cache = (uint64_t)v[HD_SETTING_puzzle_cache].number,
		.puzzle_pool = (uint32_t)v[HD_SETTING_puzzle_pool].number,
		.forge_off = v[HD_SETTING_forge].number == 0,
		.ids_age_s = (uint32_t)(v[HD_SETTING_ids_age].number / 1000000000),
		.ring_cells = (uint32_t)v[HD_SETTING_ring_cells].number,
	};
}

void
hd_config_tune(const struct hd_config *config, struct hd_tuning *tuning)
{
	const struct hd_config_value *v = config->values;
	int64_t slow = v[HD_SETTING_slow].number;
	atomic_store(&tuning->stamps, v[HD_SETTING_stamps].number != 0);
	atomic_store(&tuning->slow_ns, slow < 0 ? -1 : slow * 1000);
	atomic_store(&tuning->slow_kept, (uint32_t)v[HD_SETTING_slow_kept].number);
	atomic_store(&tuning->trace_sample, (uint32_t)v[HD_SETTING_trace_sample].number);
}

__attribute__((format(printf, 3, 4))) static size_t
append(char *out, size_t room, const char *format, ...)
{
	va_list arguments;
	size_t used = strlen(out);
	va_start(arguments, format);
	int written = vsnprintf(out + used, room - used, format, arguments);
	va_end(arguments);
	HD_ASSERT(written >= 0 && (size_t)written < room - used);
	return used + (size_t)written;
}

size_t
hd_config_print(const struct hd_config *config, char *out, size_t room)
{
	out[0] = 0;
	size_t used =
		append(out, room,
		       "# huntd.yaml: every setting with its default. Uncomment to change.\n"
		       "# Weakest first: default, this file, HUNTD_NAME, the command line.\n"
		       "# All of them are read at start (restart-only) unless marked live.\n");
	for (int i = 0; i < HD_SETTING_COUNT; i++) {
		const struct hd_config_row *row = &hd_config_rows[i];
		const struct hd_config_value *value = &config->values[i];
		used = append(out, room, "\n# %s%s\n# %s: %s\n", row->help,
			      row->when == HD_CONFIG_LIVE ? " (live)" : "", row->name,
			      row->fallback);
		if (strcmp(value->from, "default") != 0)
			used = append(out, room, "%s: \"%s\" # from %s\n", row->name, value->text,
				      value->from);
	}
	return used;
}
