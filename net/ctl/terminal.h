/* terminal.h - a screen that is drawn again and again, and left as it was found.
 *
 * On a terminal: its own screen buffer, no cursor, keys unseen; Ctrl-C, SIGTERM and `q` end a wait
 * at once, and closing gives the terminal back and leaves the last frame on it. Elsewhere frames
 * are printed one after the other. */
#ifndef HUNTD_NET_CTL_TERMINAL_H
#define HUNTD_NET_CTL_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>

struct hd_terminal {
	bool screen; /* frames are drawn over each other */
	bool keys;   /* stdin is one, too */
	int signals; /* becomes readable when it is time to end; for a client's `interrupt` */
	uint32_t columns, rows;
	struct termios before;
	char *last; /* the last frame */
};

/* `draws`: frames are for the screen, where stdout is one. */
void hd_terminal_open(struct hd_terminal *terminal, bool draws);
void hd_terminal_close(struct hd_terminal *terminal);

/* Shows a frame: lines, with colours where the terminal takes them; takes it (free). */
void hd_terminal_show(struct hd_terminal *terminal, char *frame);

/* Waits; false: it is time to end. Learns of a new size. */
bool hd_terminal_wait(struct hd_terminal *terminal, int ms);

#endif
