/* A mutator that knows commands: it adds, drops, doubles and swaps whole requests, and replaces
 * words in them by such as the command's own usage names. Built from the table of command.h, so a
 * new command is fuzzed from its first day. */
#include "huntd/command.h"
#include "net/resp/request.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/lib.h"

#include <stdio.h>
#include <stdlib.h>

#define REQUESTS 64u
#define POOL     8u

static const struct {
	const char *name;
	const char *values[POOL];
} pools[] = {
	{"entrant", {"ann", "bob", "cy", "d\xc3\xa9", "zoe", "bob\t", ""}},
	{"hunt", {"reef", "bay", "reef", "REEF", "sea"}},
	{"name", {"reef", "bay", "sea"}},
	{"challenge", {"map", "key", "gold", "chest", "none"}},
	{"answer", {"silver", "g o l d", "7", "42", "S\xc3\xaflver", "", "wrong"}},
	{"points", {"10", "-3", "0", "9223372036854775807", "-9223372036854775808", "x"}},
	{"score", {"10", "-3", "0", "9223372036854775807"}},
	{"n", {"1", "2", "0", "7", "1000", "-1", "9223372036854775807"}},
	{"m", {"5"}},
	{"version", {"1", "2", "3", "0"}},
	{"from", {"1", "2"}},
	{"to", {"1", "2"}},
	{"player", {"p1", "p2"}},
	{"unix-ms", {"1728000000000", "1728000050000.5", "1728086400000", "0", "1.2.3"}},
	{"text", {"Ann of the Reef", "", "a\nb"}},
	{"id", {"e1", "e2", "e3", "main", "juniors", "e4"}},
	{"cursor", {"0:1", "1"}},
	{"lat", {"51.5"}},
	{"lon", {"-0.1"}},
	{"document",
	 {"hunt: reef\nchallenges:\n- {id: map, points: 5, answers: [silver]}\n",
	  "hunt: sea\nopens: 2024-10-04T00:00:30Z\nfreezes: 2024-10-04T00:01:00Z\n"
	  "challenges:\n- {id: key, points: 1, answers: [\"7\"], hints: [{cost: 1, text: h}]}\n",
	  "hunt: bay\nboards:\n- {id: juniors, bracket: juniors}\n"
	  "challenges:\n- {id: gold, points: 9, answers: [{regex: \"g.*\"}]}\n",
	  "{}"}},
};

static struct hd_bytes
pick(struct hd_bytes name, uint64_t *random)
{
	for (size_t i = 0; i < sizeof pools / sizeof *pools; i++) {
		uint32_t count = 0;
		if (!hd_bytes_equal(name, hd_bytes_str(pools[i].name)))
			continue;
		while (count < POOL && pools[i].values[count])
			count++;
		return hd_bytes_str(pools[i].values[hd_test_random(random) % count]);
	}
	return name;
}

static void
put_word(struct hd_writer *out, struct hd_bytes word)
{
	char head[24];
	int size = snprintf(head, sizeof head, "$%u\r\n", word.size);
	hd_write_fixed(out, head, (uint32_t)size);
	hd_write_fixed(out, word.at, word.size);
	hd_write_fixed(out, "\r\n", 2);
}

static void
put_request(struct hd_writer *out, const struct hd_bytes *words, uint32_t count)
{
	char head[24];
	int size = snprintf(head, sizeof head, "*%u\r\n", count);
	hd_write_fixed(out, head, (uint32_t)size);
	for (uint32_t i = 0; i < count; i++)
		put_word(out, words[i]);
}

/* One of `A|B|C`, or a value of a pool. */
static struct hd_bytes
value_of(struct hd_bytes token, uint64_t *random)
{
	uint32_t bars = 0, start = 0;
	for (uint32_t i = 0; i < token.size; i++)
		bars += token.at[i] == '|';
	for (uint64_t skip = hd_test_random(random) % (bars + 1); skip > 0; skip--) {
		while (token.at[start] != '|')
			start++;
		start++;
	}
	uint32_t end = start;
	while (end < token.size && token.at[end] != '|')
		end++;
	return pick(hd_bytes_of(token.at + start, end - start), random);
}

/* A command by its usage; what stands in brackets by a coin. */
static void
put_new(struct hd_writer *out, uint64_t *random)
{
	const struct hd_command_row *row = &hd_command_rows[hd_test_random(random) % HD_CMD_COUNT_];
	struct hd_bytes words[32] = {hd_bytes_str(row->name)};
	uint32_t count = 1;
	bool skipping = false;
	for (const char *at = row->usage; *at && count < 32;) {
		size_t size = strcspn(at, " ");
		if (*at == '[')
			skipping = hd_test_random(random) % 3 != 0;
		size_t from = strspn(at, "["), to = size;
		while (to > from && at[to - 1] == ']')
			to--;
		if (!skipping)
			words[count++] = value_of(hd_bytes_of(at + from, to - from), random);
		if (at[size - 1] == ']')
			skipping = false;
		at += size + (at[size] == ' ');
	}
	put_request(out, words, count);
}

/* A request with one word changed: another value, or libFuzzer's own mutation of it. */
static void
put_changed(struct hd_writer *out, struct hd_bytes raw, uint64_t *random)
{
	static struct hd_request request;
	static uint8_t scratch[512];
	if (hd_request_read(raw, &request) != HD_REQUEST_WHOLE || request.count < 2) {
		hd_write_fixed(out, raw.at, raw.size);
		return;
	}
	struct hd_bytes *word = &request.words[1 + hd_test_random(random) % (request.count - 1)];
	const size_t rows = sizeof pools / sizeof *pools;
	if (hd_test_random(random) % 3) {
		*word = pick(hd_bytes_str(pools[hd_test_random(random) % rows].name), random);
	} else {
		size_t size = word->size < 256 ? word->size : 256;
		memcpy(scratch, word->at, size);
		*word = hd_bytes_of(scratch, LLVMFuzzerMutate(scratch, size, sizeof scratch));
	}
	put_request(out, request.words, request.count);
}

static uint32_t
split(struct hd_bytes bytes, struct hd_bytes *requests)
{
	static struct hd_request request;
	uint32_t count = 0;
	while (count < REQUESTS && hd_request_read(bytes, &request) == HD_REQUEST_WHOLE) {
		requests[count++] = hd_bytes_of(bytes.at, request.used);
		bytes = hd_bytes_of(bytes.at + request.used, bytes.size - request.used);
	}
	return count;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *at, size_t size, size_t room, unsigned seed)
{
	static uint8_t made[1 << 16];
	struct hd_bytes requests[REQUESTS];
	uint64_t random = seed, dice = hd_test_random(&random);
	if (dice % 8 == 0)
		return LLVMFuzzerMutate(at, size, room);
	uint32_t count = split(hd_bytes_of(at, size), requests);
	uint32_t place = (uint32_t)(dice >> 8) % (count + 1),
		 other = (uint32_t)(dice >> 32) % (count + 1);
	struct hd_writer out = hd_writer_of(made, room < sizeof made ? room : sizeof made);
	size_t used = 0; /* by requests that found room whole */
	for (uint32_t i = 0; i <= count && !out.full; i++) {
		uint32_t from = dice % 8 == 1 && i == place ? other : i;
		if (i == place && dice % 8 >= 4)
			put_new(&out, &random);
		if (from < count && i == place && dice % 8 == 2)
			put_changed(&out, requests[from], &random);
		else if (from < count && !(i == place && dice % 8 == 3))
			hd_write_fixed(&out, requests[from].at, requests[from].size);
		if (!out.full)
			used = (size_t)(out.at - made);
	}
	memcpy(at, made, used);
	return used;
}
