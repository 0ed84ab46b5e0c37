/* Control's jobs. A document's road: fetch what is in force from shard 0, compile, propose, wait
 * until it is in force everywhere, answer. Phases and settings start at "propose". */
#include <stdio.h>

#include "huntd/assert.h"
#include "huntd/wire.h"
#include "shard/orders/control.h"
#include "shard/orders/orders.h"

#define NS_PER_S 1000000000

enum { BOOT_SECRET, BOOT_IDS_MAX, BOOT_IDS_AGE, BOOT_FILES };

static void
fetch(struct hd_control *control, struct hd_bytes name, struct hd_bytes source, uint32_t version)
{
	struct hd_block *block = hd_blocks_take(&control->blocks, name.size + source.size + 16);
	struct hd_writer writer = hd_block_writer(block);
	hd_write_bytes(&writer, name);
	hd_write_bytes(&writer, source);
	HD_ASSERT(!writer.full);
	hd_block_written(block, &writer);
	struct hd_cell cell = {.type = HD_CELL_FETCH, .a = version, .block = block};
	hd_post_send(control->post, 0, &cell);
}

static void
propose(struct hd_control *control, const struct hd_order *order)
{
	uint32_t room = order->name.size + order->source.size + order->text.size +
			order->definition.size + 64;
	struct hd_block *block = hd_blocks_take(&control->blocks, room);
	struct hd_writer writer = hd_block_writer(block);
	hd_order_encode(order, &writer);
	HD_ASSERT(!writer.full);
	hd_block_written(block, &writer);
	struct hd_cell cell = {.type = HD_CELL_PROPOSE, .block = block};
	control->job.version = order->kind == HD_ORDER_DOCUMENT ? order->version : 0;
	hd_post_send(control->post, 0, &cell);
}

/* Clients. */

static void
answer(struct hd_control *control, const struct hd_reply *reply)
{
	struct hd_job *job = &control->job;
	HD_ASSERT(job->kind == HD_JOB_CLIENT);
	struct hd_block *block = hd_blocks_take(&control->blocks, hd_reply_size_max(reply));
	struct hd_writer writer = hd_block_writer(block);
	hd_reply_encode(reply, &writer);
	HD_ASSERT(!writer.full);
	hd_block_written(block, &writer);
	struct hd_cell cell = {.type = HD_CELL_ORDER_REPLY, .token = job->token, .block = block};
	hd_post_send(control->post, job->from, &cell);
	hd_post_give(control->post, job->asked);
	job->kind = HD_JOB_NONE;
}

static void
answer_error(struct hd_control *control, enum hd_error error, const char *detail)
{
	struct hd_reply reply = {
		.kind = HD_REPLY_ERROR, .error = (uint8_t)error, .detail = hd_bytes_str(detail)};
	answer(control, &reply);
}

static void
propose_phase(struct hd_control *control, enum hd_phase phase)
{
	struct hd_order order = {
		.kind = HD_ORDER_PHASE, .phase = (uint8_t)phase, .name = control->job.command.hunt};
	propose(control, &order);
}

void
hd_job_client(struct hd_control *control, const struct hd_ask *ask)
{
	struct hd_job *job = &control->job;
	*job = (struct hd_job){
		.kind = HD_JOB_CLIENT, .from = ask->from, .token = ask->token, .asked = ask->block};
	bool ok = hd_command_decode(hd_block_used(ask->block), &job->command);
	HD_ASSERT(ok);
	if (job->command.hunt.size == 0 || job->command.hunt.size > HD_ID_MAX) {
		answer_error(control, HD_ERR_BAD_ID, "");
		return;
	}
	switch (job->command.verb) {
	case HD_CMD_OPEN:
		propose_phase(control, HD_PHASE_OPEN);
		break;
	case HD_CMD_FREEZE:
		propose_phase(control, HD_PHASE_FROZEN);
		break;
	case HD_CMD_CLOSE:
		propose_phase(control, HD_PHASE_CLOSED);
		break;
	case HD_CMD_PUT:
		fetch(control, job->command.hunt, (struct hd_bytes){0}, 0);
		break;
	case HD_CMD_ROLLBACK:
		fetch(control, job->command.hunt, (struct hd_bytes){0}, job->command.count);
		break;
	default:
		HD_UNREACHABLE();
	}
}

/* Compiles as the version after `fetched`'s. False: control->message has the faults. */
static bool
compile(struct hd_control *control, struct hd_bytes name, struct hd_bytes text,
	const struct hd_fetched *fetched, struct hd_bytes *definition)
{
	const struct hd_runtime_hooks *hooks = control->hooks;
	struct hd_writer out = hd_writer_of(control->definition, sizeof control->definition);
	control->message[0] = '\0';
	if (!hooks->compile(hooks->context, name, text, fetched->definition, fetched->version + 1,
			    &out, control->message, HD_MESSAGE_MAX))
		return false;
	*definition = hd_bytes_of(control->definition, (size_t)(out.at - control->definition));
	if (!out.full && definition->size + text.size <= HD_DOCUMENT_MAX)
		return true;
	snprintf(control->message, HD_MESSAGE_MAX,
		 "1:1: text and definition together are over %u bytes", HD_DOCUMENT_MAX);
	return false;
}

static void
propose_document(struct hd_control *control, struct hd_bytes name, struct hd_bytes source,
		 struct hd_bytes text, struct hd_bytes definition, uint32_t version)
{
	struct hd_order order = {.kind = HD_ORDER_DOCUMENT,
				 .version = version,
				 .name = name,
				 .source = source,
				 .text = text,
				 .definition = definition};
	propose(control, &order);
}

static void
client_fetched(struct hd_control *control, const struct hd_fetched *fetched)
{
	const struct hd_command *command = &control->job.command;
	bool put = command->verb == HD_CMD_PUT;
	struct hd_bytes text = put ? command->text : fetched->text, definition;
	char detail[96];
	if ((command->given & HD_GIVEN_IF) && command->offset != fetched->version) {
		snprintf(detail, sizeof detail, "version conflict: version %u is in force",
			 fetched->version);
		answer_error(control, HD_ERR_CONFLICT, detail);
	} else if (!put && !fetched->found) {
		answer_error(control, HD_ERR_CONFLICT, "there is no such version");
	} else if (!compile(control, command->hunt, text, fetched, &definition)) {
		answer_error(control, HD_ERR_BAD_DOCUMENT, control->message);
	} else {
		propose_document(control, command->hunt, (struct hd_bytes){0}, text, definition,
				 fetched->version + 1);
	}
}

static void
client_in_force(struct hd_control *control, enum hd_error error)
{
	struct hd_reply reply = {.kind = HD_REPLY_STATUS, .detail = HD_BYTES("OK")};
	if (error != HD_ERR_NONE)
		reply = (struct hd_reply){.kind = HD_REPLY_ERROR, .error = (uint8_t)error};
	else if (control->job.version > 0)
		reply = (struct hd_reply){.kind = HD_REPLY_INTEGER, .points = control->job.version};
	answer(control, &reply);
}

/* The files of --hunts. */

static void
file_done(struct hd_control *control, const char *message)
{
	const struct hd_runtime_hooks *hooks = control->hooks;
	HD_ASSERT(control->job.kind == HD_JOB_FILE);
	hooks->hunt_file_result(hooks->context, control->job.source, message);
	control->job.kind = HD_JOB_NONE;
}

/* The id that a definition was compiled for; empty: not a definition. */
static struct hd_bytes
id_of(struct hd_control *control, struct hd_bytes encoding)
{
	static const uint8_t no_secret[32];
	struct hd_job *job = &control->job;
	struct hd_definition *definition =
		hd_definition_decode(&control->cycled, encoding, no_secret);
	if (definition == NULL)
		return (struct hd_bytes){0};
	struct hd_bytes id = {(const uint8_t *)job->id, definition->id.size};
	HD_ASSERT(definition->id.size < sizeof job->id);
	memcpy(job->id, definition->id.at, definition->id.size);
	hd_definition_destroy(&control->cycled, definition);
	return id;
}

/* Compiled once on its own, to learn its name and most of its faults; one that could not be read
 * (text.at NULL) has its fault in control->message. */
static void
file_begin(struct hd_control *control, struct hd_bytes source, struct hd_bytes text)
{
	struct hd_fetched nothing = {0};
	struct hd_bytes definition, name = {0};
	control->job = (struct hd_job){.kind = HD_JOB_FILE, .source = source, .text = text};
	if (text.at != NULL && compile(control, name, text, &nothing, &definition))
		name = id_of(control, definition);
	control->job.bad = name.size == 0;
	fetch(control, name, source, 0);
}

static void
file_fetched(struct hd_control *control, const struct hd_fetched *fetched)
{
	struct hd_job *job = &control->job;
	struct hd_bytes definition;
	if (job->bad) {
		bool in_force = fetched->found;
		file_done(control, control->message);
		if (!in_force)
			hd_control_fail(control, HD_EXIT_CONFIG);
		return;
	}
	if (fetched->found && hd_bytes_equal(fetched->text, job->text)) {
		file_done(control, "");
		return;
	}
	struct hd_bytes name = hd_bytes_str(job->id);
	if (!compile(control, name, job->text, fetched, &definition))
		file_done(control, control->message);
	else
		propose_document(control, name, job->source, job->text, definition,
				 fetched->version + 1);
}

static void
file_in_force(struct hd_control *control, enum hd_error error)
{
	if (error == HD_ERR_NONE) {
		file_done(control, "");
		return;
	}
	bool full = error == HD_ERR_MISCONF, first = control->job.version == 1;
	if (full) /* the disk's fault, not the file's */
		snprintf(control->message, HD_MESSAGE_MAX,
			 " not in force: %s in %s, which wants two more segments for each shard; "
			 "make space and start again",
			 hd_error_text(error), control->config->data);
	else
		snprintf(control->message, HD_MESSAGE_MAX, "1:1: %s", hd_error_text(error));
	file_done(control, control->message);
	if (first)
		hd_control_fail(control, full ? HD_EXIT_STORAGE : HD_EXIT_CONFIG);
}

/* Booting. */

static void
boot_secret(struct hd_control *control)
{
	uint8_t secret[32];
	struct hd_order order = {.kind = HD_ORDER_SECRET, .text = {secret, sizeof secret}};
	control->hooks->random(control->hooks->context, secret);
	control->job = (struct hd_job){.kind = HD_JOB_SETTING};
	propose(control, &order);
	explicit_bzero(secret, sizeof secret);
}

static void
boot_setting(struct hd_control *control, struct hd_bytes name, int64_t value, int64_t in_force)
{
	struct hd_order order = {.kind = HD_ORDER_SETTING, .name = name, .value = value};
	if (value == in_force)
		return;
	control->job = (struct hd_job){.kind = HD_JOB_SETTING};
	propose(control, &order);
}

static bool
boot_file(struct hd_control *control)
{
	const struct hd_runtime_hooks *hooks = control->hooks;
	struct hd_bytes source = {0}, text = {0};
	control->message[0] = '\0';
	if (!hooks->hunt_file || !hooks->hunt_file(hooks->context, control->file, &source, &text,
						   control->message, HD_MESSAGE_MAX))
		return false;
	control->file++;
	file_begin(control, source, text);
	return true;
}

bool
hd_job_boot(struct hd_control *control)
{
	HD_ASSERT(control->job.kind == HD_JOB_NONE);
	const struct hd_runtime_config *config = control->config;
	switch (control->boot_step) {
	case BOOT_SECRET:
		control->boot_step = BOOT_IDS_MAX;
		if (control->last_order == 0)
			boot_secret(control);
		return true;
	case BOOT_IDS_MAX:
		control->boot_step = BOOT_IDS_AGE;
		boot_setting(control, HD_BYTES("ids_max"),
			     config->ids_max ? config->ids_max : HD_IDS_KEPT, control->ids_max);
		return true;
	case BOOT_IDS_AGE:
		control->boot_step = BOOT_FILES;
		boot_setting(control, HD_BYTES("ids_age"),
			     (int64_t)(config->ids_age_s ? config->ids_age_s : HD_IDS_AGE_S) *
				     NS_PER_S,
			     control->ids_age_ns);
		return true;
	default:
		return boot_file(control);
	}
}

/* Answers of shard 0. */

void
hd_job_fetched(struct hd_control *control, struct hd_block *block)
{
	struct hd_fetched fetched;
	bool ok = hd_fetched_decode(hd_block_used(block), &fetched);
	HD_ASSERT(ok);
	if (control->job.kind == HD_JOB_FILE)
		file_fetched(control, &fetched);
	else
		client_fetched(control, &fetched);
	hd_post_give(control->post, block);
}

void
hd_job_in_force(struct hd_control *control, uint64_t n, enum hd_error error)
{
	HD_ASSERT((n > 0) == (error == HD_ERR_NONE));
	switch (control->job.kind) {
	case HD_JOB_CLIENT:
		client_in_force(control, error);
		break;
	case HD_JOB_FILE:
		file_in_force(control, error);
		break;
	default:
		HD_ASSERT(control->job.kind == HD_JOB_SETTING);
		control->job.kind = HD_JOB_NONE;
	}
}
