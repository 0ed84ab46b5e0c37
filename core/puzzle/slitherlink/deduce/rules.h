/* rules.h - the local rules, at every place of the grid at once. rules16.c and rules32.c include
 * it, with LANE the type of a row, SIDE how many a plane has, LANES how many a window of it that is
 * one vector, and RULES the function's name.
 *
 * No rule asks whether an edge is known: each is an implication that holds whatever the edge is.
 * An edge that is told both yes and no shows that there is no solution.
 *
 * Of two edges that meet at a corner, `least` says that one is yes at least, `most` that one is no
 * at least. So yes with least, and no with most, are mirror images: a `colour` is one of the two,
 * and what follows for faces is written once. */
#include "core/puzzle/slitherlink/slitherlink.h"
#include "huntd/assert.h"

#define INLINE static inline __attribute__((always_inline))

typedef LANE rows __attribute__((vector_size(LANES * sizeof(LANE))));

#define WORDS   (sizeof(rows) / sizeof(uint64_t))
#define WINDOWS (1 + (SIDE - LANES + LANES - 2) / (LANES - 1))

struct around { /* a dot (right, left, below, above), or a face (top, right, bottom, left) */
	rows a, b, c, d;
};

struct colour {
	rows h, v;
	rows se, sw, ne, nw; /* pairs at a dot, by the corner that they look to */
};

/* Row r takes row r+1: of the last one nothing is known. */
INLINE rows
from_below(rows a)
{
#if LANES == 16
	return __builtin_shufflevector(a, (rows){0}, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
				       15, 16);
#else
	return __builtin_shufflevector(a, (rows){0}, 1, 2, 3, 4, 5, 6, 7, 8);
#endif
}

/* Row r takes row r-1, and row 0 takes `first`. */
INLINE rows
from_above(rows a, LANE first)
{
#if LANES == 16
	return __builtin_shufflevector(a, (rows){first}, 16, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
				       12, 13, 14);
#else
	return __builtin_shufflevector(a, (rows){first}, 8, 0, 1, 2, 3, 4, 5, 6);
#endif
}

INLINE bool
any(rows a)
{
	uint64_t words[WORDS], all = 0;
	memcpy(words, &a, sizeof(a));
	for (uint32_t i = 0; i < WORDS; i++)
		all |= words[i];
	return all != 0;
}

/* above: what stands above the first row. outside: what stands beyond the rim. */
INLINE struct around
at_dots(const struct colour *from, LANE above, LANE outside)
{
	return (struct around){from->h, from->h << 1 | outside, from->v,
			       from_above(from->v, above)};
}

INLINE void
back_from_dots(struct colour *to, const struct around *found)
{
	to->h |= found->a | found->b >> 1;
	to->v |= found->c | from_below(found->d);
}

INLINE struct around
at_faces(const struct colour *from)
{
	return (struct around){from->h, from->v >> 1, from_below(from->h), from->v};
}

INLINE void
back_from_faces(struct colour *to, const struct around *found)
{
	to->h |= found->a | from_above(found->c, 0);
	to->v |= found->d | found->b << 1;
}

/* A dot has two yes edges or none: of every edge, what the other three say. */
INLINE void
dot_rules(const struct around *y, const struct around *n, struct around *yes, struct around *no)
{
	rows y2ab = y->a & y->b, y1ab = y->a | y->b, n2ab = n->a & n->b;
	rows y2cd = y->c & y->d, y1cd = y->c | y->d, n2cd = n->c & n->d;
	rows one_ab = (y->a & n->b) | (n->a & y->b), one_cd = (y->c & n->d) | (n->c & y->d);
	no->a = y2cd | (y->b & y1cd) | (n->b & n2cd);
	no->b = y2cd | (y->a & y1cd) | (n->a & n2cd);
	no->c = y2ab | (y->d & y1ab) | (n->d & n2ab);
	no->d = y2ab | (y->c & y1ab) | (n->c & n2ab);
	yes->a = (y->b & n2cd) | (n->b & one_cd);
	yes->b = (y->a & n2cd) | (n->a & one_cd);
	yes->c = (y->d & n2ab) | (n->d & one_ab);
	yes->d = (y->c & n2ab) | (n->c & one_ab);
}

/* Which edges are unknown, where a pair is only told of as long as both are: PAIRS. */
INLINE struct around
unknown_at(const struct around *y, const struct around *n, uint32_t level)
{
	rows all = ~(rows){0};
	if (level != HD_SLITHER_PAIRS)
		return (struct around){all, all, all, all};
	return (struct around){~(y->a | n->a), ~(y->b | n->b), ~(y->c | n->c), ~(y->d | n->d)};
}

/* What the other two edges of the dot say of a pair. */
INLINE void
pairs_by_lines(const struct around *y, const struct around *n, const struct around *u,
	       struct colour *yes, struct colour *no)
{
	no->se |= (y->b | y->d) & u->a & u->c;
	no->sw |= (y->a | y->d) & u->b & u->c;
	no->ne |= (y->b | y->c) & u->a & u->d;
	no->nw |= (y->a | y->c) & u->b & u->d;
	yes->se |= ((y->b & n->d) | (n->b & y->d)) & u->a & u->c;
	yes->sw |= ((y->a & n->d) | (n->a & y->d)) & u->b & u->c;
	yes->ne |= ((y->b & n->c) | (n->b & y->c)) & u->a & u->d;
	yes->nw |= ((y->a & n->c) | (n->a & y->c)) & u->b & u->d;
}

/* Edges a and b of a dot whose others are c and d. */
INLINE void
lines_by_pair(rows least, rows most, rows ya, rows yb, rows na, rows nb, rows others_no,
	      rows *yes_a, rows *yes_b, rows *no_a, rows *no_b)
{
	*no_a |= most & (yb | others_no);
	*no_b |= most & (ya | others_no);
	*yes_a |= least & (nb | others_no);
	*yes_b |= least & (na | others_no);
}

/* What is kept of pairs at a dot: one at least here is one at most opposite; exactly one here,
 * with no edge yet, is exactly one opposite. */
INLINE void
pair_rules(const struct around *y, const struct around *n, const struct around *u,
	   struct colour *yes, struct colour *no, struct around *to_yes, struct around *to_no)
{
	rows se = yes->se & u->a & u->c, sw = yes->sw & u->b & u->c;
	rows ne = yes->ne & u->a & u->d, nw = yes->nw & u->b & u->d;
	no->se |= n->a | n->c | nw;
	no->sw |= n->b | n->c | ne;
	no->ne |= n->a | n->d | sw;
	no->nw |= n->b | n->d | se;
	yes->se |= y->a | y->c | (nw & no->nw);
	yes->sw |= y->b | y->c | (ne & no->ne);
	yes->ne |= y->a | y->d | (sw & no->sw);
	yes->nw |= y->b | y->d | (se & no->se);
	lines_by_pair(yes->se, no->se, y->a, y->c, n->a, n->c, n->b & n->d & u->a & u->c,
		      &to_yes->a, &to_yes->c, &to_no->a, &to_no->c);
	lines_by_pair(yes->sw, no->sw, y->b, y->c, n->b, n->c, n->a & n->d & u->b & u->c,
		      &to_yes->b, &to_yes->c, &to_no->b, &to_no->c);
	lines_by_pair(yes->ne, no->ne, y->a, y->d, n->a, n->d, n->b & n->c & u->a & u->d,
		      &to_yes->a, &to_yes->d, &to_no->a, &to_no->d);
	lines_by_pair(yes->nw, no->nw, y->b, y->d, n->b, n->d, n->a & n->c & u->b & u->d,
		      &to_yes->b, &to_yes->d, &to_no->b, &to_no->d);
}

/* Faces: `from` tells what `to`, the other colour, must be. clue[k]: faces that may have k edges
 * of this colour. The corners of a face, clockwise from top left, are its dots' pairs. */
INLINE void
face_rules(const struct colour *from, struct colour *to, const rows *clue, bool keep)
{
	struct around l = at_faces(from), found;
	rows tl1 = l.a | l.d | from->se, tl2 = l.a & l.d;
	rows tr1 = l.a | l.b | from->sw >> 1, tr2 = l.a & l.b;
	rows br1 = l.b | l.c | from_below(from->nw >> 1), br2 = l.b & l.c;
	rows bl1 = l.c | l.d | from_below(from->ne), bl2 = l.c & l.d;
	found.a = clue[0] | (clue[1] & (br1 | bl1)) | (clue[3] & br2 & l.d) |
		  (clue[2] & (br2 | (br1 & l.d) | bl2 | (bl1 & l.b)));
	found.b = clue[0] | (clue[1] & (bl1 | tl1)) | (clue[3] & bl2 & l.a) |
		  (clue[2] & (bl2 | (bl1 & l.a) | tl2 | (tl1 & l.c)));
	found.c = clue[0] | (clue[1] & (tl1 | tr1)) | (clue[3] & tl2 & l.b) |
		  (clue[2] & (tl2 | (tl1 & l.b) | tr2 | (tr1 & l.d)));
	found.d = clue[0] | (clue[1] & (tr1 | br1)) | (clue[3] & tr2 & l.c) |
		  (clue[2] & (tr2 | (tr1 & l.c) | br2 | (br1 & l.a)));
	back_from_faces(to, &found);
	if (!keep)
		return;
	rows few = clue[0] | clue[1];
	to->se |= few | (clue[2] & br1) | (clue[3] & br2);
	to->sw |= (few | (clue[2] & bl1) | (clue[3] & bl2)) << 1;
	to->ne |= from_above(few | (clue[2] & tr1) | (clue[3] & tr2), 0);
	to->nw |= from_above((few | (clue[2] & tl1) | (clue[3] & tl2)) << 1, 0);
}

INLINE void
round_of(struct colour *yes, struct colour *no, const rows *clue, const LANE above[2],
	 uint32_t level)
{
	const rows mirrored[] = {clue[4], clue[3], clue[2], clue[1]};
	struct around y = at_dots(yes, above[0], 0), n = at_dots(no, above[1], 1);
	struct around u = unknown_at(&y, &n, level), to_yes = {0}, to_no = {0};
	if (level != HD_SLITHER_PAIRS)
		dot_rules(&y, &n, &to_yes, &to_no);
	if (level < HD_SLITHER_TRICKY) { /* pairs are not kept */
		rows none = {0};
		yes->se = yes->sw = yes->ne = yes->nw = none;
		no->se = no->sw = no->ne = no->nw = none;
	}
	pairs_by_lines(&y, &n, &u, yes, no);
	if (level >= HD_SLITHER_TRICKY) {
		pair_rules(&y, &n, &u, yes, no, &to_yes, &to_no);
	} else if (level == HD_SLITHER_EASY) {
		rows none = {0};
		yes->se = yes->sw = yes->ne = yes->nw = none;
	}
	back_from_dots(yes, &to_yes);
	back_from_dots(no, &to_no);
	struct colour before = *yes;
	face_rules(no, yes, mirrored, level >= HD_SLITHER_TRICKY);
	face_rules(&before, no, clue, level >= HD_SLITHER_TRICKY);
}

INLINE rows
moved(const struct colour *a, const struct colour *b, uint32_t level)
{
	rows all = (a->h ^ b->h) | (a->v ^ b->v);
	if (level >= HD_SLITHER_TRICKY)
		all |= (a->se ^ b->se) | (a->sw ^ b->sw) | (a->ne ^ b->ne) | (a->nw ^ b->nw);
	return all;
}

/* The rows of a plane from one on. */
INLINE rows
load(const uint64_t *planes, uint32_t plane, uint32_t start)
{
	rows a;
	memcpy(&a, (const LANE *)planes + plane * SIDE + start, sizeof(a));
	return a;
}

INLINE void
store(uint64_t *planes, uint32_t plane, uint32_t start, rows a)
{
	memcpy((LANE *)planes + plane * SIDE + start, &a, sizeof(a));
}

INLINE struct colour
load_colour(const uint64_t *planes, uint32_t lines, uint32_t pairs, uint32_t start)
{
	return (struct colour){load(planes, lines, start),     load(planes, lines + 2, start),
			       load(planes, pairs, start),     load(planes, pairs + 1, start),
			       load(planes, pairs + 2, start), load(planes, pairs + 3, start)};
}

INLINE void
store_colour(uint64_t *planes, uint32_t lines, uint32_t pairs, uint32_t start,
	     const struct colour *from, uint32_t level)
{
	store(planes, lines, start, from->h);
	store(planes, lines + 2, start, from->v);
	if (level < HD_SLITHER_TRICKY)
		return;
	store(planes, pairs, start, from->se);
	store(planes, pairs + 1, start, from->sw);
	store(planes, pairs + 2, start, from->ne);
	store(planes, pairs + 3, start, from->nw);
}

/* Rounds until they find no more in these rows. GOING: they found something. */
INLINE enum hd_slither_end
window_at(uint64_t *planes, uint32_t start, uint32_t level, uint32_t *rounds)
{
	struct colour yes = load_colour(planes, HD_SLITHER_HY, HD_SLITHER_LEAST_SE, start);
	struct colour no = load_colour(planes, HD_SLITHER_HN, HD_SLITHER_MOST_SE, start);
	enum hd_slither_end end = HD_SLITHER_STUCK;
	LANE above[2] = {0, (LANE)-1}; /* yes and no of the row above; of none, all are no */
	rows clue[5];
	for (uint32_t k = 0; k < 5; k++)
		clue[k] = load(planes, HD_SLITHER_CLUES + k, start);
	for (uint32_t i = 0; start > 0 && i < 2; i++)
		memcpy(&above[i], (const LANE *)planes + (HD_SLITHER_VY + i) * SIDE + start - 1,
		       sizeof(LANE));
	for (;;) {
		struct colour yes_before = yes, no_before = no;
		round_of(&yes, &no, clue, above, level);
		(*rounds)++;
		if (any((yes.h & no.h) | (yes.v & no.v)))
			return HD_SLITHER_WRONG;
		if (!any(moved(&yes, &yes_before, level) | moved(&no, &no_before, level)))
			break;
		end = HD_SLITHER_GOING;
	}
	if (end == HD_SLITHER_GOING) {
		store_colour(planes, HD_SLITHER_HY, HD_SLITHER_LEAST_SE, start, &yes, level);
		store_colour(planes, HD_SLITHER_HN, HD_SLITHER_MOST_SE, start, &no, level);
	}
	return end;
}

/* Every window in turn, until all have found nothing. A face needs the row below it, so windows
 * share a row. */
INLINE enum hd_slither_end
rounds_at(uint64_t *planes, uint32_t level, uint32_t *rounds, int64_t *fuel)
{
	while (*fuel > 0) {
		bool found = false;
		(*fuel)--;
		for (uint32_t i = 0; i < WINDOWS; i++) {
			uint32_t start = i + 1 < WINDOWS ? i * (LANES - 1) : SIDE - LANES;
			enum hd_slither_end end = window_at(planes, start, level, rounds);
			if (end == HD_SLITHER_WRONG)
				return end;
			found |= end == HD_SLITHER_GOING;
		}
		if (!found || LANES == SIDE)
			return HD_SLITHER_STUCK;
	}
	return HD_SLITHER_GOING;
}

enum hd_slither_end
RULES(uint64_t *planes, uint32_t level, uint32_t *rounds, int64_t *fuel)
{
	HD_ASSERT(level <= HD_SLITHER_PAIRS && *fuel > 0);
	if (level == HD_SLITHER_EASY)
		return rounds_at(planes, HD_SLITHER_EASY, rounds, fuel);
	if (level == HD_SLITHER_NORMAL)
		return rounds_at(planes, HD_SLITHER_NORMAL, rounds, fuel);
	if (level == HD_SLITHER_TRICKY)
		return rounds_at(planes, HD_SLITHER_TRICKY, rounds, fuel);
	return rounds_at(planes, HD_SLITHER_PAIRS, rounds, fuel);
}
