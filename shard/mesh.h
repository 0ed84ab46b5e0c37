/* mesh.h - the rings between the threads of one process.
 *
 * For each ordered pair of threads one ring with one writer and one reader (Concurrency Kit's
 * ck_ring, cells of 64 bytes). Cells are written in runs and become visible together, once a loop
 * pass (hd_post_publish); the reader takes runs too. A thread's own end of all its rings is its
 * `struct hd_post`, touched by nobody else.
 *
 * Full rings. A cell that finds its ring full waits in a list of the sender, in order; nothing is
 * dropped and nobody spins. How long the list can get is bounded by the credits (DESIGN 3). A
 * sender that goes to sleep with such a list marks the ring as starved, and the reader that makes
 * room wakes it.
 *
 * Sleeping. A thread says that it sleeps before it looks at its rings for the last time; a writer
 * publishes before it looks whether the reader sleeps. Both do so in one total order (seq_cst), so
 * one of them sees the other. Only the writer that takes the flag back pays for the wake. */
#ifndef HUNTD_SHARD_MESH_H
#define HUNTD_SHARD_MESH_H

#include "huntd/io.h"
#include "shard/message.h"

struct hd_mesh;
struct hd_post;

/* Rings for `threads` threads; capacity: cells of one ring, rounded up to 2^k - 1; at least 1. */
struct hd_mesh *hd_mesh_create(uint32_t threads, uint32_t capacity);
void hd_mesh_destroy(struct hd_mesh *mesh);
uint32_t hd_mesh_capacity(uint32_t capacity); /* what `capacity` is rounded to */

/* The end of thread `self`. `io` is what wakes it; memory for the waiting lists from `memory`,
 * blocks that go home are put into `blocks`. Called on that thread. */
struct hd_post *hd_post_create(struct hd_mesh *mesh, uint32_t self, struct hd_io *io,
			       struct hd_memory *memory, struct hd_blocks *blocks);

/* Threads that may still write to it must have ended or sleep for good. */
void hd_post_destroy(struct hd_post *post);

/* Queues a copy of `cell` for thread `to` (not self). */
void hd_post_send(struct hd_post *post, uint32_t to, const struct hd_cell *cell);

/* A block that was received (or made here) is no longer needed. */
void hd_post_give(struct hd_post *post, struct hd_block *block);

/* Makes everything sent so far visible, as far as the rings have room, and wakes who sleeps. */
void hd_post_publish(struct hd_post *post);

/* Hands every cell that has come in to `each`; the cell lives until `each` returns. Returns how
 * many. FREE is dealt with inside. */
uint32_t hd_post_receive(struct hd_post *post,
			 void (*each)(void *context, const struct hd_cell *cell), void *context);

/* Says that the thread is about to sleep. False: something is there, do not. Ends with
 * hd_post_awake in both cases. */
bool hd_post_sleep(struct hd_post *post);
void hd_post_awake(struct hd_post *post);

/* True where the thread sleeps, or is about to, and nobody has woken it. */
bool hd_mesh_sleeps(const struct hd_mesh *mesh, uint32_t thread);

/* Cells that wait for room. */
uint32_t hd_post_waiting(const struct hd_post *post);

/* Wakes thread `to` from outside of the mesh (a signal handler); it may have no post yet. */
void hd_mesh_wake(struct hd_mesh *mesh, uint32_t to);

#endif
