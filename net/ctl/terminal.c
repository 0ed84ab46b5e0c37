#include "net/ctl/terminal.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <utf8proc.h>

#define SCREEN_OPEN  "\033[?1049h\033[?25l\033[2J"
#define SCREEN_CLOSE "\033[?25h\033[?1049l"

static void
learn_size(struct hd_terminal *terminal)
{
	struct winsize size;
	terminal->columns = 80;
	terminal->rows = 24;
	if (terminal->screen && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
		terminal->columns = size.ws_col;
		terminal->rows = size.ws_row;
	}
}

static void
hide_keys(struct hd_terminal *terminal)
{
	terminal->keys = terminal->screen && isatty(STDIN_FILENO) &&
			 tcgetattr(STDIN_FILENO, &terminal->before) == 0;
	if (!terminal->keys)
		return;
	struct termios quiet = terminal->before;
	quiet.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
}

void
hd_terminal_open(struct hd_terminal *terminal, bool draws)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	*terminal = (struct hd_terminal){.signals = signalfd(-1, &set, SFD_CLOEXEC)};
	terminal->screen = draws && isatty(STDOUT_FILENO);
	learn_size(terminal);
	hide_keys(terminal);
	if (terminal->screen)
		fputs(SCREEN_OPEN, stdout);
	fflush(stdout);
}

void
hd_terminal_close(struct hd_terminal *terminal)
{
	struct signalfd_siginfo seen;
	sigset_t set;
	struct pollfd pending = {.fd = terminal->signals, .events = POLLIN};
	if (terminal->screen)
		printf(SCREEN_CLOSE "%s", terminal->last ? terminal->last : "");
	fflush(stdout);
	if (terminal->keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &terminal->before);
	while (poll(&pending, 1, 0) == 1 && read(terminal->signals, &seen, sizeof seen) > 0)
		continue;
	close(terminal->signals);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	free(terminal->last);
	*terminal = (struct hd_terminal){.signals = -1};
}

/* One line, cut at the last column; colours take no room. Returns what follows it. */
static const char *
put_line(const char *at, uint32_t columns)
{
	uint32_t used = 0;
	while (*at && *at != '\n') {
		utf8proc_int32_t point;
		utf8proc_ssize_t size;
		if (*at == '\033') {
			size = (utf8proc_ssize_t)strcspn(at, "m") + 1;
		} else {
			size = utf8proc_iterate((const utf8proc_uint8_t *)at, -1, &point);
			size = size > 0 ? size : 1;
			used += (uint32_t)utf8proc_charwidth(point);
		}
		if (used <= columns)
			fwrite(at, 1, (size_t)size, stdout);
		at += size;
	}
	return *at ? at + 1 : at;
}

void
hd_terminal_show(struct hd_terminal *terminal, char *frame)
{
	if (!terminal->screen) {
		printf("%s\n", frame);
	} else {
		uint32_t row = 0;
		fputs("\033[H", stdout);
		for (const char *at = frame; *at && row < terminal->rows; row++) {
			fputs(row ? "\r\n" : "", stdout);
			at = put_line(at, terminal->columns);
			fputs("\033[0m\033[K", stdout);
		}
		fputs("\033[J", stdout);
	}
	fflush(stdout);
	free(terminal->last);
	terminal->last = frame;
}

bool
hd_terminal_wait(struct hd_terminal *terminal, int ms)
{
	struct pollfd fds[2] = {{.fd = terminal->signals, .events = POLLIN},
				{.fd = STDIN_FILENO, .events = POLLIN}};
	int ready = poll(fds, terminal->keys ? 2 : 1, ms);
	char key = 0;
	if (ready > 0 && fds[0].revents)
		return false;
	if (ready > 0 && fds[1].revents && read(STDIN_FILENO, &key, 1) <= 0)
		terminal->keys = false;
	learn_size(terminal);
	return key != 'q' && key != 'Q' && key != 3;
}
