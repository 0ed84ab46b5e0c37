#include "shard/mesh.h"

#include <ck_ring.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "huntd/assert.h"

/* ck's barriers are inline assembly, which ThreadSanitizer cannot see; it is told the same here. */
#if defined(__SANITIZE_THREAD__)
#define HD_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HD_TSAN 1
#endif
#endif
#ifdef HD_TSAN
#include <sanitizer/tsan_interface.h>
#define TSAN_RELEASE(at) __tsan_release(at)
#define TSAN_ACQUIRE(at) __tsan_acquire(at)
#else
#define TSAN_RELEASE(at) ((void)(at))
#define TSAN_ACQUIRE(at) ((void)(at))
#endif

struct ring {
	ck_ring_t ring;
	_Atomic bool starved; /* its writer sleeps until there is room; only it writes this */
	struct hd_cell *cells;
};

/* What others see of a thread. */
struct thread {
	_Alignas(64) _Atomic bool sleeps;
	struct hd_io *_Atomic io;
};

struct hd_mesh {
	uint32_t threads, cells; /* cells: a power of two, one more than fit */
	struct thread *thread;
	struct ring *rings; /* [from * threads + to] */
	struct hd_cell *cell;
};

/* The writer's side of one ring. */
struct out {
	unsigned int tail, head_seen;
	bool urgent; /* something but FREE went into the ring since the last publish */
	struct hd_cell *list;
	uint32_t first, count, room; /* of the waiting list, a ring of its own */
	struct hd_block *returns;
};

struct hd_post {
	struct hd_mesh *mesh;
	struct hd_memory *memory;
	struct hd_blocks *blocks;
	uint32_t self, waiting;
	bool sent, starved; /* starved: rings are marked */
	struct out *out;
};

uint32_t
hd_mesh_capacity(uint32_t capacity)
{
	uint32_t cells = 2;
	while (cells - 1 < capacity)
		cells *= 2;
	return cells - 1;
}

struct hd_mesh *
hd_mesh_create(uint32_t threads, uint32_t capacity)
{
	HD_ASSERT(threads >= 1 && threads <= HD_SHARDS_MAX + HD_THREADS_BESIDE);
	HD_ASSERT(capacity >= 1 && capacity <= 65535);
	struct hd_mesh *mesh = calloc(1, sizeof *mesh);
	HD_ASSERT(mesh != NULL);
	uint32_t rings = threads * threads;
	mesh->threads = threads;
	mesh->cells = hd_mesh_capacity(capacity) + 1;
	mesh->thread = aligned_alloc(64, threads * sizeof *mesh->thread);
	mesh->rings = aligned_alloc(64, (rings * sizeof *mesh->rings + 63) & ~(size_t)63);
	mesh->cell = aligned_alloc(64, (size_t)rings * mesh->cells * sizeof *mesh->cell);
	HD_ASSERT(mesh->thread && mesh->rings && mesh->cell);
	memset(mesh->thread, 0, threads * sizeof *mesh->thread);
	memset(mesh->rings, 0, rings * sizeof *mesh->rings);
	for (uint32_t i = 0; i < rings; i++) {
		ck_ring_init(&mesh->rings[i].ring, mesh->cells);
		mesh->rings[i].cells = mesh->cell + (size_t)i * mesh->cells;
	}
	return mesh;
}

void
hd_mesh_destroy(struct hd_mesh *mesh)
{
	if (mesh == NULL)
		return;
	free(mesh->cell);
	free(mesh->rings);
	free(mesh->thread);
	free(mesh);
}

void
hd_mesh_wake(struct hd_mesh *mesh, uint32_t to)
{
	HD_ASSERT(to < mesh->threads);
	struct hd_io *io = atomic_load(&mesh->thread[to].io);
	if (io != NULL)
		io->ops->wake(NULL, io);
}

struct hd_post *
hd_post_create(struct hd_mesh *mesh, uint32_t self, struct hd_io *io, struct hd_memory *memory,
	       struct hd_blocks *blocks)
{
	HD_ASSERT(self < mesh->threads);
	HD_ASSERT(io != NULL);
	struct hd_post *post = hd_memory_take(memory, sizeof *post, 8);
	*post = (struct hd_post){.mesh = mesh, .memory = memory, .blocks = blocks, .self = self};
	post->out = hd_memory_take(memory, mesh->threads * sizeof *post->out, 64);
	atomic_store(&mesh->thread[self].io, io);
	return post;
}

void
hd_post_destroy(struct hd_post *post)
{
	if (post == NULL)
		return;
	for (uint32_t i = 0; i < post->mesh->threads; i++) {
		if (post->out[i].list != NULL)
			hd_memory_give(post->memory, post->out[i].list,
				       post->out[i].room * sizeof(struct hd_cell));
	}
	atomic_store(&post->mesh->thread[post->self].io, NULL);
	hd_memory_give(post->memory, post->out, post->mesh->threads * sizeof *post->out);
	hd_memory_give(post->memory, post, sizeof *post);
}

static struct ring *
ring_between(const struct hd_mesh *mesh, uint32_t from, uint32_t to)
{
	return &mesh->rings[from * mesh->threads + to];
}

/* True where a cell went into the ring, not yet visible. */
static bool
ring_write(struct hd_mesh *mesh, struct ring *ring, struct out *out, const struct hd_cell *cell)
{
	if (out->tail - out->head_seen == mesh->cells - 1) {
		out->head_seen = ck_pr_load_uint(&ring->ring.c_head);
		ck_pr_fence_load_store();
		TSAN_ACQUIRE(&ring->ring.c_head);
		if (out->tail - out->head_seen == mesh->cells - 1)
			return false;
	}
	ring->cells[out->tail++ & ring->ring.mask] = *cell;
	out->urgent |= cell->type != HD_CELL_FREE;
	return true;
}

static void
list_grow(struct hd_post *post, struct out *out)
{
	uint32_t room = out->room ? out->room * 2 : 16;
	struct hd_cell *list = hd_memory_take(post->memory, room * sizeof *list, 64);
	for (uint32_t i = 0; i < out->count; i++)
		list[i] = out->list[(out->first + i) & (out->room - 1)];
	if (out->list != NULL)
		hd_memory_give(post->memory, out->list, out->room * sizeof *list);
	out->list = list;
	out->first = 0;
	out->room = room;
}

void
hd_post_send(struct hd_post *post, uint32_t to, const struct hd_cell *cell)
{
	HD_ASSERT(to < post->mesh->threads);
	HD_ASSERT(to != post->self);
	struct out *out = &post->out[to];
	struct hd_cell copy = *cell;
	copy.from = (uint16_t)post->self;
	post->sent = true;
	if (out->count == 0 &&
	    ring_write(post->mesh, ring_between(post->mesh, post->self, to), out, &copy))
		return;
	if (out->count == out->room)
		list_grow(post, out);
	out->list[(out->first + out->count++) & (out->room - 1)] = copy;
	post->waiting++;
}

void
hd_post_give(struct hd_post *post, struct hd_block *block)
{
	HD_ASSERT(block != NULL);
	if (block->maker == post->self) {
		hd_blocks_put(post->blocks, block);
		return;
	}
	HD_ASSERT(block->maker < post->mesh->threads);
	struct out *out = &post->out[block->maker];
	block->next = out->returns;
	out->returns = block;
	post->sent = true;
}

static void
list_move(struct hd_post *post, struct ring *ring, struct out *out)
{
	while (out->count > 0 && ring_write(post->mesh, ring, out, &out->list[out->first])) {
		out->first = (out->first + 1) & (out->room - 1);
		out->count--;
		post->waiting--;
	}
}

static void
wake_if_asleep(struct hd_post *post, uint32_t to)
{
	struct thread *thread = &post->mesh->thread[to];
	if (!atomic_load_explicit(&thread->sleeps, memory_order_relaxed))
		return;
	if (!atomic_exchange(&thread->sleeps, false))
		return;
	struct hd_io *mine = atomic_load(&post->mesh->thread[post->self].io);
	struct hd_io *io = atomic_load(&thread->io);
	if (io != NULL)
		io->ops->wake(mine, io);
}

void
hd_post_publish(struct hd_post *post)
{
	if (!post->sent && post->waiting == 0)
		return;
	post->sent = false;
	struct hd_mesh *mesh = post->mesh;
	for (uint32_t to = 0; to < mesh->threads; to++) {
		struct out *out = &post->out[to];
		struct ring *ring = ring_between(mesh, post->self, to);
		if (out->returns != NULL) {
			struct hd_cell cell = {.type = HD_CELL_FREE, .block = out->returns};
			out->returns = NULL;
			hd_post_send(post, to, &cell);
		}
		list_move(post, ring, out);
		if (out->tail != ring->ring.p_tail) {
			ck_pr_fence_store();
			TSAN_RELEASE(&ring->ring.p_tail);
			ck_pr_store_uint(&ring->ring.p_tail, out->tail);
		}
	}
	post->sent = false;
	/* Published before looking who sleeps: the other half of hd_post_sleep. */
	atomic_thread_fence(memory_order_seq_cst);
	for (uint32_t to = 0; to < mesh->threads; to++) {
		struct out *out = &post->out[to];
		if (out->urgent || out->count > 0)
			wake_if_asleep(post, to);
		out->urgent = false;
	}
}

static void
free_chain(struct hd_post *post, struct hd_block *chain)
{
	while (chain != NULL) {
		struct hd_block *next = chain->next;
		hd_blocks_put(post->blocks, chain);
		chain = next;
	}
}

static uint32_t
receive_from(struct hd_post *post, uint32_t from,
	     void (*each)(void *context, const struct hd_cell *cell), void *context)
{
	struct ring *ring = ring_between(post->mesh, from, post->self);
	unsigned int head = ring->ring.c_head;
	unsigned int tail = ck_pr_load_uint(&ring->ring.p_tail);
	if (head == tail)
		return 0;
	ck_pr_fence_load();
	TSAN_ACQUIRE(&ring->ring.p_tail);
	for (unsigned int i = head; i != tail; i++) {
		const struct hd_cell *cell = &ring->cells[i & ring->ring.mask];
		if (cell->type == HD_CELL_FREE)
			free_chain(post, cell->block);
		else
			each(context, cell);
	}
	ck_pr_fence_load_store();
	TSAN_RELEASE(&ring->ring.c_head);
	ck_pr_store_uint(&ring->ring.c_head, tail);
	return tail - head;
}

uint32_t
hd_post_receive(struct hd_post *post, void (*each)(void *context, const struct hd_cell *cell),
		void *context)
{
	HD_ASSERT(each != NULL);
	struct hd_mesh *mesh = post->mesh;
	uint64_t came_from[2] = {0, 0};
	uint32_t count = 0;
	for (uint32_t from = 0; from < mesh->threads; from++) {
		uint32_t run = receive_from(post, from, each, context);
		count += run;
		if (run > 0)
			came_from[from / 64] |= 1ull << (from % 64);
	}
	if (count == 0)
		return 0;
	/* Room was made before looking who starves: the other half of hd_post_sleep. */
	atomic_thread_fence(memory_order_seq_cst);
	for (uint32_t from = 0; from < mesh->threads; from++) {
		struct ring *ring = ring_between(mesh, from, post->self);
		if (!(came_from[from / 64] >> (from % 64) & 1))
			continue;
		/* The mark stays its writer's: taken from one that has not yet said that it sleeps,
		 * it would be lost. */
		if (atomic_load_explicit(&ring->starved, memory_order_relaxed))
			wake_if_asleep(post, from);
	}
	return count;
}

/* Anything to read, or room where cells wait for it? */
static bool
must_run(struct hd_post *post)
{
	struct hd_mesh *mesh = post->mesh;
	for (uint32_t i = 0; i < mesh->threads; i++) {
		struct ring *in = ring_between(mesh, i, post->self);
		if (ck_pr_load_uint(&in->ring.p_tail) != in->ring.c_head)
			return true;
		struct ring *to = ring_between(mesh, post->self, i);
		if (post->out[i].count > 0 &&
		    post->out[i].tail - ck_pr_load_uint(&to->ring.c_head) < mesh->cells - 1)
			return true;
	}
	return false;
}

/* Marks the rings whose cells wait for room, or takes the marks back. */
static void
mark_starved(struct hd_post *post, bool starved)
{
	for (uint32_t i = 0; i < post->mesh->threads; i++) {
		struct ring *ring = ring_between(post->mesh, post->self, i);
		atomic_store_explicit(&ring->starved, starved && post->out[i].count > 0,
				      memory_order_relaxed);
	}
	post->starved = starved;
}

bool
hd_post_sleep(struct hd_post *post)
{
	struct hd_mesh *mesh = post->mesh;
	if (post->waiting > 0)
		mark_starved(post, true);
	atomic_store_explicit(&mesh->thread[post->self].sleeps, true, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst);
	return !must_run(post);
}

void
hd_post_awake(struct hd_post *post)
{
	atomic_store_explicit(&post->mesh->thread[post->self].sleeps, false, memory_order_relaxed);
	if (post->starved)
		mark_starved(post, false);
}

bool
hd_mesh_sleeps(const struct hd_mesh *mesh, uint32_t thread)
{
	HD_ASSERT(thread < mesh->threads);
	return atomic_load_explicit(&mesh->thread[thread].sleeps, memory_order_relaxed);
}

uint32_t
hd_post_waiting(const struct hd_post *post)
{
	return post->waiting;
}
