/* model_inside.h - what the two halves of the model share: the rules, and the search for an order.
 */
#ifndef HUNTD_TESTS_SIM_MODEL_INSIDE_H
#define HUNTD_TESTS_SIM_MODEL_INSIDE_H

#include "tests/sim/model.h"

/* What a command is to be answered. */
struct model_answer {
	uint8_t kind, error, outcome;
	int64_t points, score;
	char text[64];
};

/* Changes `state` as the command does. */
struct model_answer model_rules(struct model_state *state, const struct model_op *op,
				const struct model_document *document, enum hd_phase phase);

/* Is that what op->reply says? `state`: after the command. */
bool model_agrees(const struct model_state *state, const struct model_answer *answer,
		  const struct model_op *op, const struct model_document *document);

#endif
