/* From a document to a definition: the hunt's own rules, boards, and the numbers of things.
 *
 * There is no memory to take here: what a check needs to remember is on the stack (numbers) or in
 * the encoding already written (answers). So the encoding is written while the document is checked,
 * and thrown away where a fault was found. */
#include "core/veltrix/compile.h"

#include "huntd/assert.h"
#include "huntd/document.h"
#include "huntd/ids.h"

const struct hd_node *
hd_compile_find(const struct hd_document *document, const struct hd_node *map, const char *name)
{
	if (map->kind != HD_NODE_MAP)
		return NULL;
	uint32_t at = map->first;
	for (uint32_t i = 0; i < map->count; i++) {
		HD_ASSERT(at > 0 && at < document->count);
		const struct hd_node *node = &document->nodes[at];
		if (node->kind == HD_NODE_SCALAR && hd_bytes_equal(node->key, hd_bytes_str(name)))
			return node;
		at = node->next;
	}
	return NULL;
}

struct hd_bytes
hd_veltrix_name(const struct hd_document *document)
{
	HD_ASSERT(document);
	if (document->count == 0)
		return (struct hd_bytes){0};
	const struct hd_node *node = hd_compile_find(document, &document->nodes[0], "hunt");
	return node ? node->text : (struct hd_bytes){0};
}

static void
read_name(struct hd_compile *compile, const struct hd_schema_value *values, struct hd_bytes name)
{
	const struct hd_schema_value *hunt = &values[HD_HUNT_HUNT], *title = &values[HD_HUNT_TITLE];
	struct hd_definition *rules = &compile->rules;
	if (hd_schema_has(hunt))
		rules->id = hunt->node->text;
	HD_ASSERT(rules->id.size <= HD_ID_MAX);
	if (hd_schema_has(hunt) && !hd_bytes_equal(rules->id, name)) {
		uint32_t mark = hd_check_enter_key(&compile->check, "hunt");
		hd_fault(&compile->check, hunt->node,
			 "hunt must equal the name that the document is put under, %q; got %n",
			 name, hunt->node);
		hd_check_leave(&compile->check, mark);
	}
	rules->title =
		hd_schema_has(title) && title->node->text.size ? title->node->text : rules->id;
}

static void
check_before(struct hd_compile *compile, const struct hd_schema_value *early,
	     const struct hd_schema_value *late)
{
	if (!hd_schema_has(early) || !hd_schema_has(late) || early->number < late->number)
		return;
	HD_ASSERT(early->node->key.size < 16 && late->node->key.size < 16);
	char name[16] = {0};
	memcpy(name, late->node->key.at, late->node->key.size);
	uint32_t mark = hd_check_enter_key(&compile->check, name);
	hd_fault(&compile->check, late->node, "%s must be after %b, %q; got %n", name,
		 early->node->key, early->node->text, late->node);
	hd_check_leave(&compile->check, mark);
}

static int64_t
number_or(const struct hd_schema_value *value, int64_t absent)
{
	return hd_schema_has(value) ? value->number : absent;
}

static void
read_hours(struct hd_compile *compile, const struct hd_schema_value *values)
{
	const struct hd_schema_value *opens = &values[HD_HUNT_OPENS];
	const struct hd_schema_value *freezes = &values[HD_HUNT_FREEZES];
	const struct hd_schema_value *closes = &values[HD_HUNT_CLOSES];
	check_before(compile, opens, freezes);
	check_before(compile, freezes, closes);
	if (!freezes->node)
		check_before(compile, opens, closes);
	compile->rules.opens = number_or(opens, INT64_MIN);
	compile->rules.freezes = number_or(freezes, HD_NEVER);
	compile->rules.closes = number_or(closes, HD_NEVER);
}

static void
read_guesses(struct hd_compile *compile, const struct hd_schema_value *guesses)
{
	if (!hd_schema_has(guesses))
		return;
	struct hd_schema_value values[HD_SCHEMA_KEYS_MAX];
	uint32_t mark = hd_check_enter_key(&compile->check, "guesses");
	if (hd_schema_read(&compile->check, &hd_schema_guesses, guesses->node, values)) {
		bool window = values[HD_GUESSES_WINDOW].node;
		if (window != (values[HD_GUESSES_PER_WINDOW].node != NULL))
			hd_fault(&compile->check, guesses->node,
				 "window and per_window go together; %s is missing",
				 window ? "per_window" : "window");
		compile->rules.guess_limit = (uint32_t)number_or(&values[HD_GUESSES_LIMIT], 0);
		compile->rules.per_window = (uint32_t)number_or(&values[HD_GUESSES_PER_WINDOW], 0);
		compile->rules.window_ns = number_or(&values[HD_GUESSES_WINDOW], 0);
	}
	hd_check_leave(&compile->check, mark);
}

/* The number of a board of this id: its old one, or the next. HD_BOARDS_MAX: no number is left. */
static uint32_t
board_number(struct hd_definition *rules, struct hd_bytes id)
{
	HD_ASSERT(rules->boards_count <= HD_BOARDS_MAX);
	for (uint32_t i = 0; i < rules->boards_count; i++)
		if (hd_bytes_equal(rules->boards[i].id, id))
			return i;
	return rules->boards_count;
}

/* Gives a board its number and rule; false: its id stands above, or there are too many. */
static void
place_board(struct hd_compile *compile, const struct hd_node *node,
	    const struct hd_board_rule *board, bool first)
{
	struct hd_definition *rules = &compile->rules;
	uint32_t number = board_number(rules, board->id);
	HD_ASSERT(board->id.size > 0);
	if (number == HD_BOARDS_MAX) {
		hd_fault(&compile->check, node,
			 "a hunt has at most 16 boards over all its versions, gone ones too");
		return;
	}
	if (number < rules->boards_count && !compile->boards[number].gone) {
		hd_fault(&compile->check, node, "id %q is used by an earlier board", board->id);
		return;
	}
	if (number == rules->boards_count)
		rules->boards_count++;
	compile->boards[number] = *board;
	compile->boards[number].number = (uint16_t)number;
	if (first)
		rules->board_first = (uint16_t)number;
}

static void
read_board(struct hd_compile *compile, const struct hd_node *node, bool first)
{
	struct hd_schema_value values[HD_SCHEMA_KEYS_MAX];
	struct hd_board_rule board = {0};
	if (!hd_schema_read(&compile->check, &hd_schema_board, node, values))
		return;
	const struct hd_schema_value *bracket = &values[HD_BOARD_RULE_BRACKET];
	if (hd_schema_has(bracket))
		board.bracket = bracket->node->text;
	board.window_ns = number_or(&values[HD_BOARD_RULE_WINDOW], 0);
	HD_ASSERT(board.window_ns >= 0);
	if (hd_schema_has(&values[HD_BOARD_RULE_ID])) {
		board.id = values[HD_BOARD_RULE_ID].node->text;
		uint32_t mark = hd_check_enter_key(&compile->check, "id");
		place_board(compile, values[HD_BOARD_RULE_ID].node, &board, first);
		hd_check_leave(&compile->check, mark);
	}
}

void
hd_compile_boards(struct hd_compile *compile, const struct hd_schema_value *boards)
{
	const struct hd_board_rule main_board = {.id = HD_BYTES("main")};
	struct hd_definition *rules = &compile->rules;
	rules->boards = compile->boards;
	rules->boards_count = compile->previous.boards_count;
	HD_ASSERT(rules->boards_count <= HD_BOARDS_MAX);
	for (uint32_t i = 0; i < rules->boards_count; i++)
		compile->boards[i] = (struct hd_board_rule){
			.number = (uint16_t)i, .gone = true, .id = compile->previous.boards[i]};
	if (!boards->node)
		place_board(compile, hd_compile_node(compile, 0), &main_board, true);
	if (!hd_schema_has(boards))
		return;
	uint32_t outer = hd_check_enter_key(&compile->check, "boards");
	uint32_t at = boards->node->first;
	for (uint32_t i = 0; i < boards->node->count; i++) {
		uint32_t mark = hd_check_enter_item(&compile->check, i);
		read_board(compile, hd_compile_node(compile, at), i == 0);
		hd_check_leave(&compile->check, mark);
		at = hd_compile_node(compile, at)->next;
	}
	hd_check_leave(&compile->check, outer);
}

static void
read_hunt(struct hd_compile *compile, struct hd_bytes name)
{
	struct hd_schema_value values[HD_SCHEMA_KEYS_MAX];
	if (!hd_schema_read(&compile->check, &hd_schema_hunt, hd_compile_node(compile, 0), values))
		return;
	read_name(compile, values, name);
	read_hours(compile, values);
	read_guesses(compile, &values[HD_HUNT_GUESSES]);
	compile->rules.auto_join = number_or(&values[HD_HUNT_AUTO_JOIN], 0) != 0;
	compile->rules.profile =
		(uint8_t)number_or(&values[HD_HUNT_NORMALISE], HD_PROFILE_LETTERS_DIGITS);
	hd_compile_boards(compile, &values[HD_HUNT_BOARDS]);
	const struct hd_schema_value *challenges = &values[HD_HUNT_CHALLENGES];
	const struct hd_node *list = hd_schema_has(challenges) ? challenges->node : NULL;
	uint32_t mark = hd_check_enter_key(&compile->check, "challenges");
	hd_compile_number(compile, list);
	hd_definition_write_head(&compile->rules, compile->out);
	hd_compile_challenges(compile, list);
	hd_check_leave(&compile->check, mark);
}

bool
hd_veltrix_compile(const struct hd_document *document, struct hd_bytes name,
		   struct hd_bytes previous, uint32_t version, struct hd_writer *out,
		   struct hd_faults *faults)
{
	HD_ASSERT(document->count > 0 && version > 0);
	uint8_t *start = out->at;
	struct hd_compile compile;
	compile.check = (struct hd_check){.document = document, .faults = faults};
	compile.out = out;
	compile.rules = (struct hd_definition){.version = version};
	bool sound = hd_definition_outline(previous, &compile.previous);
	HD_ASSERT(sound);
	read_hunt(&compile, name);
	if (out->full)
		hd_fault(&compile.check, hd_compile_node(&compile, 0),
			 "the hunt is too large: its text and its compiled form have 512000 bytes "
			 "together");
	hd_faults_sort(faults);
	if (faults->count == 0)
		return true;
	out->at = start;
	return false;
}
