/* A stream of requests into a live core, as a shard would run them: nothing a client can send
 * breaks an assertion, decide changes nothing, and the log alone leads to the same state.
 *
 * ECHO n lets n seconds pass; orders are carried out as shard 0 would. */
#include "huntd/wire.h"
#include "net/doc/doc.h"
#include "net/resp/args.h"
#include "net/resp/write.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/lib.h"
#include "tests/lib/world.h"

#include <stdlib.h>

#define COMMANDS_MAX 64u

static struct hd_world world;
static struct hd_request request;
static struct hd_verbs verbs;
static struct hd_faults faults;

static const char reef[] =
	"hunt: reef\n"
	"auto_join: true\n"
	"guesses: {limit: 9, per_window: 3, window: 1m}\n"
	"boards:\n"
	"- {id: main}\n"
	"- {id: juniors, bracket: juniors}\n"
	"- {id: hourly, window: 1h}\n"
	"challenges:\n"
	"- {id: map, points: 5, answers: [silver], hints: [{cost: 2, text: h}]}\n"
	"- {id: key, points: 7, answers: [\"7\", {regex: \"4[0-9]\"}]}\n"
	"- {id: gold, points: 9, answers: [gold], partial: [{answer: g, say: warm}]}\n";

/* PUT: what control and shard 0 make of a text. */
static bool
put(struct hd_bytes name, struct hd_bytes text)
{
	static uint8_t encoding[HD_DOCUMENT_MAX];
	struct hd_document_version old = {0};
	struct hd_doc doc = {0};
	struct hd_writer out = hd_writer_of(encoding, sizeof encoding);
	faults.count = faults.skipped = 0;
	hd_core_document(world.core, name, 0, &old);
	bool good = hd_doc_read(text, &doc, &faults) &&
		    hd_veltrix_compile(&doc.document, name, old.definition, old.version + 1, &out,
				       &faults);
	if (good)
		hd_world_order(&world,
			       &(struct hd_order){.kind = HD_ORDER_DOCUMENT,
						  .name = name,
						  .version = old.version + 1,
						  .text = text,
						  .definition = hd_bytes_of(
							  encoding, (size_t)(out.at - encoding))});
	hd_doc_free(&doc);
	return good;
}

static void
carry_out(const struct hd_command *command)
{
	uint16_t hunt;
	static const uint8_t phases[] = {HD_PHASE_OPEN, HD_PHASE_FROZEN, HD_PHASE_CLOSED};
	if (command->verb == HD_CMD_PUT)
		put(command->hunt, command->text);
	if (command->verb < HD_CMD_OPEN || command->verb > HD_CMD_CLOSE ||
	    !hd_core_hunt_find(world.core, command->hunt, &hunt))
		return;
	hd_world_order(&world, &(struct hd_order){.kind = HD_ORDER_PHASE,
						  .name = command->hunt,
						  .phase = phases[command->verb - HD_CMD_OPEN]});
}

/* The command as another shard would get it. */
static void
send(const struct hd_command *command, struct hd_command *there)
{
	static uint8_t bytes[HD_MIB];
	struct hd_writer out = hd_writer_of(bytes, sizeof bytes);
	HD_ASSERT(hd_command_size_max(command) <= sizeof bytes);
	hd_command_encode(command, &out);
	bool taken = hd_command_decode(hd_bytes_of(bytes, (size_t)(out.at - bytes)), there);
	HD_ASSERT(!out.full && taken && there->verb == command->verb);
}

static void
answer(const struct hd_reply *reply)
{
	static uint8_t bytes[HD_MIB];
	uint32_t size;
	for (uint32_t protocol = 2; protocol <= 3; protocol++) {
		bool room = hd_resp_reply(bytes, sizeof bytes, protocol, reply, &size);
		HD_ASSERT(room && size > 0 && size <= sizeof bytes);
	}
}

static void
decide(const struct hd_command *command)
{
	static bool twice;
	struct hd_command there;
	uint8_t before[16], after[16];
	twice = !twice && command->verb % 4 == 0;
	if (twice)
		hd_core_digest(world.core, before);
	hd_core_decide(world.core, world.now, command, &world.decision);
	if (twice) {
		hd_core_digest(world.core, after);
		HD_ASSERT(memcmp(before, after, sizeof before) == 0);
	}
	send(command, &there);
	hd_world_decide(&world, &there);
	answer(&world.decision.reply);
}

static void
run(enum hd_verb verb)
{
	struct hd_command command;
	struct hd_args_fault fault;
	int64_t seconds;
	if (verb == HD_CMD_ECHO && request.count == 2 &&
	    hd_args_integer(request.words[1], &seconds))
		hd_world_clock(&world,
			       (world.now - HD_WORLD_BEGIN) / HD_WORLD_SECOND + seconds % 4000);
	if (verb == HD_CMD_COUNT_ || hd_command_rows[verb].route == HD_ROUTE_EDGE ||
	    !hd_args_read(verb, &request, &command, &fault))
		return;
	switch ((enum hd_route)hd_command_rows[verb].route) {
	case HD_ROUTE_ENTRANT:
	case HD_ROUTE_READ:
	case HD_ROUTE_LOCAL:
		decide(&command);
		return;
	default:
		carry_out(&command);
	}
}

static void
begin(void)
{
	static const char secret[] = "0123456789abcdef0123456789ABCDEF";
	hd_verbs_init(&verbs);
	world = (struct hd_world){.memory = fuzz_memory(), .now = HD_WORLD_BEGIN, .shards = 1};
	world.core = hd_core_create(&world.memory);
	hd_world_order(&world,
		       &(struct hd_order){.kind = HD_ORDER_SECRET, .text = HD_BYTES(secret)});
}

static void
end(void)
{
	uint8_t digests[2][16];
	struct hd_memory memory = fuzz_memory();
	struct hd_core *again = hd_core_create(&memory);
	hd_world_follow(&world, again, 0);
	hd_core_digest(world.core, digests[0]);
	hd_core_digest(again, digests[1]);
	HD_ASSERT(memcmp(digests[0], digests[1], 16) == 0);
	hd_core_destroy(again);
	HD_ASSERT(memory.used == 0);
	hd_world_fini(&world);
}

int
LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	struct hd_bytes bytes = hd_bytes_of(at, size);
	begin();
	bool good = put(HD_BYTES("reef"), HD_BYTES(reef));
	HD_ASSERT(good);
	for (uint32_t i = 0; i < COMMANDS_MAX; i++) {
		if (hd_request_read(bytes, &request) != HD_REQUEST_WHOLE)
			break;
		if (request.count > 0)
			run(hd_verbs_find(&verbs, request.words[0]));
		bytes = hd_bytes_of(bytes.at + request.used, bytes.size - request.used);
	}
	end();
	return 0;
}
