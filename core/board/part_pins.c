/* part_pins.c - the roots that gathers of several rounds read from.
 *
 * Pins of one board between which nothing changed share one root, so a burst of deep questions
 * costs one version of the board. A hunt's frozen root is not ours to keep: it ends when the freeze
 * does, which only an order or the board's next phase can bring about; the pin then says so and the
 * gather begins again. */
#include "core/board/part.h"

struct hd_pins {
	struct hd_memory *memory;
	struct hd_pin *first;
};

struct hd_pins *
hd_pins_create(struct hd_memory *memory)
{
	HD_ASSERT(memory);
	struct hd_pins *pins = hd_memory_take(memory, sizeof(*pins), _Alignof(struct hd_pins));
	pins->memory = memory;
	return pins;
}

void
hd_pins_destroy(struct hd_pins *pins)
{
	if (!pins)
		return;
	while (pins->first)
		hd_pins_let_go(pins, pins->first->asker, pins->first->number);
	hd_memory_give(pins->memory, pins, sizeof(*pins));
}

struct hd_pin *
hd_pins_find(const struct hd_pins *pins, uint32_t asker, uint64_t number)
{
	for (struct hd_pin *pin = pins->first; pin; pin = pin->next)
		if (pin->number == number && pin->asker == asker)
			return pin;
	return NULL;
}

/* A root of the same board as it is now, where another gather has pinned it. */
static struct hd_board_root *
pins_shared(const struct hd_pins *pins, const struct hd_part_board *at, uint64_t changes)
{
	for (struct hd_pin *pin = pins->first; pin; pin = pin->next)
		if (pin->own && pin->at.board == at->board && pin->changes == changes)
			return pin->own;
	return NULL;
}

void
hd_pins_hold(struct hd_pins *pins, const struct hd_core *core, uint32_t asker, uint64_t number,
	     const struct hd_part_board *at)
{
	HD_ASSERT(at->board && !hd_pins_find(pins, asker, number));
	HD_ASSERT(at->frozen == (at->root != NULL));
	struct hd_pin *pin = hd_memory_take(pins->memory, sizeof(*pin), _Alignof(struct hd_pin));
	*pin = (struct hd_pin){.asker = asker, .number = number, .at = *at};
	pin->changes = hd_core_board_changes(core, at->hunt, at->number);
	pin->order = hd_core_order(core);
	if (!at->frozen) {
		pin->own = pins_shared(pins, at, pin->changes);
		if (!pin->own)
			pin->own = hd_board_pin(at->board);
		pin->at.root = pin->own;
	}
	pin->next = pins->first;
	pins->first = pin;
}

static bool
pins_root_used(const struct hd_pins *pins, const struct hd_board_root *root)
{
	for (const struct hd_pin *pin = pins->first; pin; pin = pin->next)
		if (pin->own == root)
			return true;
	return false;
}

void
hd_pins_let_go(struct hd_pins *pins, uint32_t asker, uint64_t number)
{
	struct hd_pin **link = &pins->first;
	while (*link && ((*link)->number != number || (*link)->asker != asker))
		link = &(*link)->next;
	struct hd_pin *pin = *link;
	if (!pin)
		return;
	*link = pin->next;
	HD_ASSERT((pin->own == NULL) == pin->at.frozen);
	if (pin->own && !pins_root_used(pins, pin->own))
		hd_board_release(pin->at.board, pin->own);
	hd_memory_give(pins->memory, pin, sizeof(*pin));
}

bool
hd_pin_valid(const struct hd_pin *pin, const struct hd_core *core)
{
	const struct hd_part_board *at = &pin->at;
	HD_ASSERT(at->board && at->root);
	if (hd_core_board(core, at->hunt, at->number) != at->board)
		return false;
	if (pin->own)
		return true;
	return pin->order == hd_core_order(core) &&
	       hd_core_board_frozen(core, at->hunt, at->number) == at->root;
}
