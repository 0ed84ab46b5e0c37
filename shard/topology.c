#include <sched.h>
#include <stdio.h>

#include "huntd/assert.h"
#include "huntd/runtime.h"
#include "shard/mesh.h"

/* The cpus of the inherited mask, ascending. */
static uint32_t
cpus_of_mask(int *cpus, uint32_t room)
{
	cpu_set_t mask;
	if (sched_getaffinity(0, sizeof mask, &mask) != 0)
		return 0;
	uint32_t count = 0;
	for (size_t cpu = 0; cpu < CPU_SETSIZE && count < room; cpu++) {
		if (CPU_ISSET(cpu, &mask))
			cpus[count++] = (int)cpu;
	}
	return count;
}

static uint32_t
cells_for(uint32_t threads)
{
	/* About 16 MiB of rings at most; 255 cells a ring up to 30 threads. */
	uint32_t cells = 255;
	while (cells > 63 && threads * threads * (cells + 1) * HD_CELL > 16 * HD_MIB)
		cells /= 2;
	return cells;
}

static void
add_row(struct hd_topology *topology, enum hd_role role, uint32_t number, int cpu)
{
	HD_ASSERT(topology->rows_count < HD_SHARDS_MAX + HD_THREADS_BESIDE);
	topology->rows[topology->rows_count++] =
		(struct hd_topology_row){.role = (uint8_t)role, .number = number, .cpu = cpu};
}

static void
mark_shared(struct hd_topology *topology)
{
	for (uint32_t i = 0; i < topology->rows_count; i++) {
		for (uint32_t k = 0; k < topology->rows_count; k++) {
			if (i != k && topology->rows[i].cpu == topology->rows[k].cpu)
				topology->rows[i].shared = true;
		}
	}
}

bool
hd_topology_plan(struct hd_topology *topology, uint32_t shards)
{
	HD_ASSERT(topology != NULL);
	HD_ASSERT(shards <= HD_SHARDS_MAX);
	int cpus[CPU_SETSIZE];
	uint32_t count = cpus_of_mask(cpus, CPU_SETSIZE);
	if (count == 0)
		return false;
	if (shards == 0)
		shards = count > 1 ? count - 1 : 1;
	if (shards > HD_SHARDS_MAX)
		shards = HD_SHARDS_MAX;
	*topology = (struct hd_topology){.shards = shards,
					 .ring_cells = cells_for(shards + HD_THREADS_BESIDE)};
	/* Shards take the first cpus but the last one; the others what is left behind them. */
	uint32_t for_shards = count > 1 ? count - 1 : 1;
	for (uint32_t i = 0; i < shards; i++)
		add_row(topology, HD_ROLE_SHARD, i, cpus[i % for_shards]);
	uint32_t next = shards < count ? shards : count - 1;
	add_row(topology, HD_ROLE_REDUCER, 0, cpus[next]);
	add_row(topology, HD_ROLE_CONTROL, 0, cpus[next + 1 < count ? next + 1 : next]);
	for (uint32_t i = 0; i < 1 + HD_SMITHS; i++) {
		enum hd_role role = i == 0 ? HD_ROLE_HELPER : HD_ROLE_FORGE;
		uint32_t at = next + 1 + i < count ? next + 1 + i : count - 1;
		add_row(topology, role, i == 0 ? 0 : i - 1, cpus[at]);
	}
	mark_shared(topology);
	return true;
}

static void
put_text(struct hd_writer *out, const char *text, int length)
{
	HD_ASSERT(length >= 0);
	hd_write_fixed(out, text, (uint32_t)length);
}

void
hd_topology_print(const struct hd_topology *topology, struct hd_writer *out)
{
	static const char *const roles[] = {"shard", "reducer", "control", "helper", "forge"};
	HD_ASSERT(topology->rows_count == topology->shards + HD_THREADS_BESIDE);
	uint32_t threads = topology->rows_count;
	char line[128];
	put_text(out, line,
		 snprintf(line, sizeof line, "%-7s %-10s %-5s %s\n", "thread", "role", "cpu",
			  "shares its cpu"));
	for (uint32_t i = 0; i < threads; i++) {
		const struct hd_topology_row *row = &topology->rows[i];
		char name[24];
		if (row->role == HD_ROLE_FORGE)
			snprintf(name, sizeof name, "%s %s", roles[row->role],
				 row->number == HD_SMITH_IDLE ? "idle" : "nice");
		else
			snprintf(name, sizeof name, row->role == HD_ROLE_SHARD ? "%s %u" : "%s",
				 roles[row->role], row->number);
		put_text(out, line,
			 snprintf(line, sizeof line, "%-7u %-10s %-5d %s\n", i, name, row->cpu,
				  row->shared ? "yes" : "no"));
	}
	uint32_t cells = hd_mesh_capacity(topology->ring_cells);
	put_text(
		out, line,
		snprintf(line, sizeof line,
			 "rings   %u: one for each ordered pair of threads, %u cells of %u bytes\n",
			 threads * (threads - 1), cells, HD_CELL));
}
