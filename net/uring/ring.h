/* ring.h - what the files of net/uring share, and kernel numbers that liburing 2.3 does not name.
 *
 * Tags: a caller's tag has its owner in the top byte, never 0; completions whose top byte is 0 are
 * the ring's own (a wake, an answer to a cancel) and are not handed on. */
#ifndef HUNTD_NET_URING_RING_H
#define HUNTD_NET_URING_RING_H

#include <liburing.h>

#include "net/uring/uring.h"

#ifndef IORING_FEAT_NO_IOWAIT
#define IORING_FEAT_NO_IOWAIT (1u << 17) /* 6.15 */
#endif
#ifndef IORING_FEAT_MIN_TIMEOUT
#define IORING_FEAT_MIN_TIMEOUT (1u << 15) /* 6.12: getevents_arg.pad is min_wait_usec */
#endif
#ifndef IORING_ENTER_NO_IOWAIT
#define IORING_ENTER_NO_IOWAIT (1u << 7)
#endif

#define HD_RING_TAG_NONE      0u /* answers of requests that nobody waits for */
#define HD_RING_TAG_WAKE      1u /* a neighbour's MSG_RING */
#define HD_RING_TAG_EVENT     2u /* the eventfd was read */
#define HD_RING_TAG_FOLDER    4u /* and up: a folder was opened to be synced, or has been */
#define HD_RING_BUFFERS_GROUP 0
#define HD_RING_FOLDERS       8u

/* A folder's sync: it is opened, synced, closed. */
struct hd_ring_folder {
	uint64_t tag; /* the asker's; 0: free */
	int file;     /* below 0: not open yet */
};

struct hd_uring {
	struct hd_io io;
	struct io_uring ring;
	uint32_t abilities;
	uint32_t enter_flags;
	uint32_t linger_events, linger_us; /* of the next wait; 0: none */
	/* Receive buffers: handed to the kernel by the buffer ring, published once a pass. */
	struct io_uring_buf_ring *buffer_ring;
	uint8_t *buffers;
	uint32_t buffers_count, buffer_bytes, buffers_returned;
	int event;           /* eventfd; wakes by threads without a ring */
	uint64_t event_word; /* where it is read to */
	bool event_armed;
	struct hd_ring_folder folders[HD_RING_FOLDERS];
};

/* The ring, under its io. */
static inline struct hd_uring *
hd_uring_of(struct hd_io *io)
{
	return (struct hd_uring *)(void *)io;
}

/* A cleared submission entry; submits what is queued where the queue is full. */
struct io_uring_sqe *hd_ring_entry(struct hd_uring *u);

/* One io_uring_enter: submits, waits for `least` completions (0: does not wait) up to `timeout` ns
 * (below 0: no limit). */
void hd_ring_enter(struct hd_uring *u, uint32_t least, int64_t timeout);

/* Takes completions off the ring. */
uint32_t hd_ring_reap(struct hd_uring *u, struct hd_completion *out, uint32_t room);

/* io.h's `wait` and `linger`. */
uint32_t hd_ring_wait(struct hd_io *io, int64_t timeout, struct hd_completion *out, uint32_t room);
void hd_ring_linger(struct hd_io *io, uint32_t events, int64_t ns);

/* What a folder's sync came to; true: it is over, and `to` is its asker's completion. */
bool hd_ring_folder_step(struct hd_uring *u, uint32_t number, int32_t result,
			 struct hd_completion *to);

/* Arms the read of the eventfd, if it is not. */
void hd_ring_event_arm(struct hd_uring *u);

/* Fill the parts of the table that their file implements. */
void hd_ring_requests_fill(struct hd_io_ops *ops);
void hd_ring_names_fill(struct hd_io_ops *ops);
void hd_files_fill(struct hd_io_ops *ops);

/* The system's flags for those of an open. */
int hd_files_flags(uint32_t flags);

#endif
