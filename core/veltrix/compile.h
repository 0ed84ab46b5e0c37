/* compile.h - what the parts of the compiler share while they check one document. */
#ifndef HUNTD_CORE_VELTRIX_COMPILE_H
#define HUNTD_CORE_VELTRIX_COMPILE_H

#include "core/veltrix/encoding.h"
#include "core/veltrix/schema.h"

struct hd_compile {
	struct hd_check check;
	struct hd_writer *out;
	struct hd_definition rules; /* of the hunt; its lists of challenges stay empty */
	struct hd_board_rule boards[HD_BOARDS_MAX];
	struct hd_definition_outline previous;
	/* The challenge that has each number in this version; 0: gone. */
	uint32_t numbered[HD_CHALLENGES_MAX];
};

/* Index of item `i` of a list, and of the next one by hd_compile_next. */
static inline const struct hd_node *
hd_compile_node(const struct hd_compile *compile, uint32_t index)
{
	return &compile->check.document->nodes[index];
}

/* The scalar under `name` in a map; NULL where there is none. For looking ahead only: it says
 * nothing. */
const struct hd_node *hd_compile_find(const struct hd_document *document, const struct hd_node *map,
				      const char *name);

/* Fills rules.boards and board_first from `boards:`, or from nothing. */
void hd_compile_boards(struct hd_compile *compile, const struct hd_schema_value *boards);

/* Gives every challenge its number (rules.challenges_count). Says duplicate ids and too many. */
void hd_compile_number(struct hd_compile *compile, const struct hd_node *challenges);

/* Checks the challenges and writes them in the order of their numbers. */
void hd_compile_challenges(struct hd_compile *compile, const struct hd_node *challenges);

/* Checks one challenge and writes its fields and lists. `before`: what it was in earlier versions;
 * NULL where its id is at fault. */
void hd_compile_challenge(struct hd_compile *compile, const struct hd_node *challenge,
			  const struct hd_outline_challenge *before);

/* Checks `puzzle:` of a challenge that is dealt and writes it; `before` as above. */
void hd_compile_puzzle(struct hd_compile *compile, const struct hd_node *challenge,
		       const struct hd_schema_value *values,
		       const struct hd_outline_challenge *before);

#endif
