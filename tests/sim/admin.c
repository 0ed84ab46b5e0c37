/* Who puts documents and opens, freezes and closes the hunt: one order after the other. Whatever
 * became of one that was never answered, it is given again until it is. */
#include "huntd/ids.h"
#include "tests/sim/world.h"

#define LOOK (50 * SIM_MS)

static int64_t
after(struct world *world, int64_t seconds)
{
	uint64_t span = (uint64_t)(seconds > 0 ? seconds : 1) * 2000;
	return world->machine.now + (int64_t)machine_draw(&world->machine, span) * SIM_MS;
}

/* The version that the next document becomes, counted from 1. */
static bool
put(struct world *world)
{
	struct model *model = &world->model;
	struct hd_command command = {.verb = HD_CMD_PUT, .hunt = HD_BYTES("bay")};
	uint32_t size = model_document_print(model, &world->next_document, world->document,
					     sizeof world->document);
	command.text = hd_bytes_of(world->document, size);
	command.slot = hd_slot(command.hunt);
	command.given = HD_GIVEN_IF;
	command.offset = model->documents_count - 1;
	return caller_ask(&world->admin, &command);
}

static bool
enter(struct world *world)
{
	static const uint8_t verbs[] = {[HD_PHASE_OPEN] = HD_CMD_OPEN,
					[HD_PHASE_FROZEN] = HD_CMD_FREEZE,
					[HD_PHASE_CLOSED] = HD_CMD_CLOSE};
	struct hd_command command = {.verb = verbs[world->next_phase], .hunt = HD_BYTES("bay")};
	command.slot = hd_slot(command.hunt);
	return caller_ask(&world->admin, &command);
}

/* What is about to be ordered may be in force from now on. */
static void
note_begin(struct world *world)
{
	struct model *model = &world->model;
	int64_t now = world->machine.now;
	if (world->admin_step == ADMIN_PUT) {
		HD_ASSERT(model->documents_count < MODEL_DOCUMENTS);
		world->next_document.from = now;
		world->next_document.sure = SIM_NEVER;
		model->documents[model->documents_count++] = world->next_document;
	} else {
		HD_ASSERT(model->phases_count < MODEL_PHASES);
		model->phases[model->phases_count] =
			(struct model_phase){world->next_phase, now, SIM_NEVER};
		model->phases_count++;
	}
}

static void
begin(struct world *world)
{
	struct machine *machine = &world->machine;
	struct model *model = &world->model;
	bool more_documents = model->documents_count + 1 < MODEL_DOCUMENTS;
	bool more_phases = model->phases_count + 1 < MODEL_PHASES;
	if (world->quiet && world->set_up > 0)
		return;
	if (model->documents_count == 0 ||
	    (machine->now >= world->put_due && world->options.documents > 0 && more_documents)) {
		world->next_document = model_document_draw(model);
		world->admin_step = ADMIN_PUT;
		note_begin(world);
	} else if (machine->now >= world->phase_due && world->options.phases > 0 && more_phases) {
		static const enum hd_phase phases[] = {HD_PHASE_OPEN, HD_PHASE_OPEN,
						       HD_PHASE_FROZEN, HD_PHASE_CLOSED};
		world->next_phase = phases[machine_draw(machine, 4)];
		world->admin_step = ADMIN_PHASE;
		note_begin(world);
	}
}

static void
settled(struct world *world)
{
	struct model *model = &world->model;
	const struct sim_reply *reply = &world->admin.reply;
	int64_t now = world->machine.now;
	if (world->admin_step == ADMIN_PUT) {
		bool conflict = reply->kind == HD_REPLY_ERROR && reply->error == HD_ERR_CONFLICT;
		bool good =
			reply->kind == HD_REPLY_INTEGER && reply->points == model->documents_count;
		if (!good && !conflict)
			sim_fail(&world->machine, "PUT: kind %u error %u %.*s", reply->kind,
				 reply->error, (int)reply->size, (const char *)reply->detail);
		model->documents[model->documents_count - 1].sure = now;
		machine_note(&world->machine, "version %u is in force", model->documents_count);
		world->put_due = after(world, world->options.documents);
	} else {
		if (reply->kind != HD_REPLY_STATUS)
			sim_fail(&world->machine, "a phase: kind %u error %u", reply->kind,
				 reply->error);
		model->phases[model->phases_count - 1].sure = now;
		machine_note(&world->machine, "the hunt is %s", hd_phase_name(world->next_phase));
		world->phase_due = after(world, world->options.phases);
	}
	world->admin_step = ADMIN_IDLE;
	world->set_up++;
}

void
admin_act(struct world *world)
{
	struct caller *admin = &world->admin;
	admin->due = world->machine.now + LOOK;
	if (admin->busy)
		return;
	if (admin->answered && !sim_reply_refused(&admin->reply))
		settled(world);
	admin->answered = false;
	if (world->admin_step == ADMIN_IDLE)
		begin(world);
	if (world->admin_step == ADMIN_PUT)
		put(world);
	else if (world->admin_step == ADMIN_PHASE)
		enter(world);
}
