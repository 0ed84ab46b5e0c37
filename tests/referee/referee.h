/* referee.h - a second opinion: for every kind of puzzle a solver that is as simple as it can be.
 *
 * Used by tests only. It reads an instance's text by itself, shares no code with core/puzzle, and
 * counts solutions up to two by trying: slower than the engine's by far, and short enough to be
 * believed. Where the two differ, one of them is wrong. */
#ifndef HUNTD_TESTS_REFEREE_H
#define HUNTD_TESTS_REFEREE_H

#include <stdbool.h>
#include <stdint.h>

#define REFEREE_SOLUTION_MAX (32u * 1024)
#define REFEREE_MALFORMED    (-1)
#define REFEREE_GAVE_UP      (-2)

/* 0, 1 or 2 (two or more) solutions, or one of the above. `solution`, REFEREE_SOLUTION_MAX bytes:
 * the first that was found, as the engine writes it; ends with a zero. Of Lights Out only solutions
 * of the fewest presses count. `nodes`: guesses after which it gives up. */
int referee_count(const char *kind, const char *text, uint64_t nodes, char *solution);

/* One function a kind. */
int referee_sudoku(const char *text, uint64_t nodes, char *solution);
int referee_nonogram(const char *text, uint64_t nodes, char *solution);
int referee_slitherlink(const char *text, uint64_t nodes, char *solution);
int referee_cryptogram(const char *text, uint64_t nodes, char *solution);
int referee_wordsearch(const char *text, uint64_t nodes, char *solution);
int referee_lightsout(const char *text, uint64_t nodes, char *solution);

#endif
