/* args.h - the words of a request into a command, by the table of command.h.
 *
 * Everything that is wrong with a request's form is found here and nowhere later: arity, options
 * (any order, each once), integers, lengths, ids, COUNT's range, AT. The first fault in the order
 * of the words is the one that is told. Byte fields borrow from the words. */
#ifndef HUNTD_NET_RESP_ARGS_H
#define HUNTD_NET_RESP_ARGS_H

#include "huntd/command.h"
#include "huntd/reply.h"
#include "net/resp/request.h"

/* Finds a command by its name, without regard to case. Filled once, then only read. */
struct hd_verbs {
	uint8_t verb[256]; /* by hash: verb + 1; 0 none */
	uint64_t key[HD_CMD_COUNT_];
	uint8_t size[HD_CMD_COUNT_];
};

void hd_verbs_init(struct hd_verbs *verbs);

/* HD_CMD_COUNT_: no such command. */
enum hd_verb hd_verbs_find(const struct hd_verbs *verbs, struct hd_bytes name);

/* The text for a name that is not in the table: refusals of Redis' transactions and scripts by
 * name, and the nearest name where one is near. */
void hd_verbs_unknown(struct hd_bytes name, char *text, size_t room);

/* A fault of a request: the error row, and a better text than the row's (may be empty). */
struct hd_args_fault {
	enum hd_error error;
	char text[160];
};

/* True where the number of words fits the row; else `fault` has the usage. */
bool hd_args_arity(enum hd_verb verb, uint32_t words, struct hd_args_fault *fault);

/* Reads the words of a command that is not of HD_ROUTE_EDGE. False: `fault` is filled. */
bool hd_args_read(enum hd_verb verb, const struct hd_request *request, struct hd_command *command,
		  struct hd_args_fault *fault);

/* Decimal i64, sign and leading zeros taken. False: not one, or out of range. */
bool hd_args_integer(struct hd_bytes word, int64_t *out);

/* True where `word` is `text` (upper case) without regard to case. */
bool hd_args_is(struct hd_bytes word, const char *text);

#endif
