#include <linux/io_uring.h>
#include <string.h>

#include "perf/trace/kernel/kernel.h"
#include "perf/trace/table.h"

static const char *const disk_names[] = {"read", "write", "flush", "other"};

const char *
hd_kernel_opcode(uint32_t opcode, char *text)
{
	/* In the order of enum io_uring_op. */
	static const char *const names[] = {
		"NOP",
		"READV",
		"WRITEV",
		"FSYNC",
		"READ_FIXED",
		"WRITE_FIXED",
		"POLL_ADD",
		"POLL_REMOVE",
		"SYNC_FILE_RANGE",
		"SENDMSG",
		"RECVMSG",
		"TIMEOUT",
		"TIMEOUT_REMOVE",
		"ACCEPT",
		"ASYNC_CANCEL",
		"LINK_TIMEOUT",
		"CONNECT",
		"FALLOCATE",
		"OPENAT",
		"CLOSE",
		"FILES_UPDATE",
		"STATX",
		"READ",
		"WRITE",
		"FADVISE",
		"MADVISE",
		"SEND",
		"RECV",
		"OPENAT2",
		"EPOLL_CTL",
		"SPLICE",
		"PROVIDE_BUFS",
		"REMOVE_BUFS",
		"TEE",
		"SHUTDOWN",
		"RENAMEAT",
		"UNLINKAT",
		"MKDIRAT",
		"SYMLINKAT",
		"LINKAT",
		"MSG_RING",
		"FSETXATTR",
		"SETXATTR",
		"FGETXATTR",
		"GETXATTR",
		"SOCKET",
		"URING_CMD",
		"SEND_ZC",
		"SENDMSG_ZC",
	};
	if (opcode < sizeof names / sizeof names[0])
		return names[opcode];
	if (opcode == HD_KERNEL_MULTISHOT)
		return "multishot+msg";
	snprintf(text, HD_TEXT, "op %u", opcode);
	return text;
}

/* These last until somebody else does something: their time says nothing of the kernel's work. */
static bool
waits_for_others(uint32_t opcode)
{
	switch (opcode) {
	case IORING_OP_POLL_ADD:
	case IORING_OP_RECVMSG:
	case IORING_OP_TIMEOUT:
	case IORING_OP_ACCEPT:
	case IORING_OP_LINK_TIMEOUT:
	case IORING_OP_RECV:
		return true;
	}
	return false;
}

static void
between(const struct hd_kernel *kernel, uint32_t row, struct hd_histogram *out)
{
	hd_trace_between(out, &kernel->before.rows[row], &kernel->now.rows[row]);
}

static uint64_t
grown(const struct hd_kernel *kernel, const uint64_t *now)
{
	size_t at = (size_t)((const char *)now - (const char *)&kernel->now);
	return *now - *(const uint64_t *)(const void *)((const char *)&kernel->before + at);
}

/* Text: rows of one part, those that matter most first, as many as fit. */

struct ranking {
	uint32_t at[HD_KERNEL_OPCODES];
	uint64_t weight[HD_KERNEL_OPCODES];
	uint32_t count;
};

static void
rank(struct ranking *ranking, uint32_t what, uint64_t weight)
{
	uint32_t at = ranking->count++;
	for (; at > 0 && ranking->weight[at - 1] < weight; at--) {
		ranking->at[at] = ranking->at[at - 1];
		ranking->weight[at] = ranking->weight[at - 1];
	}
	ranking->at[at] = what;
	ranking->weight[at] = weight;
}

static void
draw_opcode(const struct hd_kernel *kernel, struct hd_trace_frame *frame, uint32_t opcode)
{
	char text[HD_TEXT];
	struct hd_histogram of = {0};
	uint64_t submitted = grown(kernel, &kernel->now.submitted[opcode]);
	uint64_t completed = grown(kernel, &kernel->now.completed[opcode]);
	if (!waits_for_others(opcode))
		between(kernel, HD_ROW_OPCODE + opcode, &of);
	hd_trace_row(frame, hd_kernel_opcode(opcode, text), &of);
	fprintf(frame->out, " %9s",
		hd_trace_number(hd_trace_rate(submitted, kernel->elapsed_ns), text));
	fprintf(frame->out, " %9s\n",
		hd_trace_number(hd_trace_rate(completed, kernel->elapsed_ns), text));
}

static void
draw_uring(const struct hd_kernel *kernel, struct hd_trace_frame *frame, uint32_t room)
{
	struct ranking busiest = {.count = 0};
	for (uint32_t i = 0; i < HD_KERNEL_OPCODES; i++) {
		uint64_t times = grown(kernel, &kernel->now.completed[i]) +
				 grown(kernel, &kernel->now.submitted[i]);
		if (times)
			rank(&busiest, i, times);
	}
	hd_trace_row_heading(frame, "io_uring");
	fprintf(frame->out, "%s %9s %9s%s\n", hd_trace_on(frame, HD_INK_DIM), "submit/s", "done/s",
		hd_trace_on(frame, HD_INK_PLAIN));
	for (uint32_t i = 0; i < busiest.count && i < room; i++)
		draw_opcode(kernel, frame, busiest.at[i]);
}

static void
draw_thread(const struct hd_kernel *kernel, struct hd_trace_frame *frame, uint32_t thread)
{
	char name[2 * HD_TEXT], text[HD_TEXT];
	struct hd_histogram waited, away;
	between(kernel, HD_ROW_WAITED + thread, &waited);
	between(kernel, HD_ROW_AWAY + thread, &away);
	uint64_t preempted = grown(kernel, &kernel->now.preempted[thread]);
	double share = (double)away.sum / (double)kernel->elapsed_ns;
	snprintf(name, sizeof name, "%s", kernel->threads[thread].name);
	hd_trace_row(frame, name, &waited);
	fprintf(frame->out, " %9s",
		hd_trace_number(hd_trace_rate(preempted, kernel->elapsed_ns), text));
	if (away.count)
		fprintf(frame->out, " %8.0f%%\n", 100.0 * (share > 1 ? 1 : share));
	else
		fputs("         -\n", frame->out); /* it did not come back, or never left */
}

static void
draw_queue(const struct hd_kernel *kernel, struct hd_trace_frame *frame, uint32_t room)
{
	struct ranking longest = {.count = 0};
	for (uint32_t i = 0; i < kernel->threads_count; i++) {
		struct hd_histogram waited;
		between(kernel, HD_ROW_WAITED + i, &waited);
		rank(&longest, i, waited.sum + 1);
	}
	hd_trace_row_heading(frame, "run queue");
	fprintf(frame->out, "%s %9s %9s%s\n", hd_trace_on(frame, HD_INK_DIM), "preempt/s",
		"off core", hd_trace_on(frame, HD_INK_PLAIN));
	for (uint32_t i = 0; i < longest.count && i < room; i++)
		draw_thread(kernel, frame, longest.at[i]);
}

static void
draw_disk(const struct hd_kernel *kernel, struct hd_trace_frame *frame)
{
	char name[2 * HD_TEXT];
	hd_trace_row_heading(frame, "disk");
	fputc('\n', frame->out);
	for (uint32_t i = 0; i < HD_DISK_COUNT; i++) {
		struct hd_histogram of;
		between(kernel, HD_ROW_DISK + i, &of);
		if (!of.count)
			continue;
		snprintf(name, sizeof name, "%s", disk_names[i]);
		hd_trace_row(frame, name, &of);
		fputc('\n', frame->out);
	}
}

void
hd_kernel_draw(const struct hd_kernel *kernel, struct hd_trace_frame *frame)
{
	uint32_t heads = 3 + HD_DISK_COUNT;
	uint32_t room = frame->rows > heads + 2 ? frame->rows - heads : 2;
	uint64_t untimed = grown(kernel, &kernel->now.untimed);
	if (kernel->has[HD_PART_URING])
		draw_uring(kernel, frame, room - room / 2);
	if (kernel->has[HD_PART_QUEUE])
		draw_queue(kernel, frame, room / 2);
	if (kernel->has[HD_PART_DISK])
		draw_disk(kernel, frame);
	if (untimed)
		fprintf(frame->out, "%llu requests were not timed: too many at once\n",
			(unsigned long long)untimed);
}

/* JSON. */

static json_t *
tell_uring(const struct hd_kernel *kernel)
{
	char text[HD_TEXT];
	json_t *into = json_object();
	for (uint32_t i = 0; i < HD_KERNEL_OPCODES; i++) {
		struct hd_histogram of;
		uint64_t submitted = grown(kernel, &kernel->now.submitted[i]);
		uint64_t completed = grown(kernel, &kernel->now.completed[i]);
		if (!submitted && !completed)
			continue;
		between(kernel, HD_ROW_OPCODE + i, &of);
		json_t *row = hd_trace_json(&of, kernel->elapsed_ns);
		json_object_set_new(row, "submitted", json_integer((json_int_t)submitted));
		json_object_set_new(row, "completed", json_integer((json_int_t)completed));
		json_object_set_new(into, hd_kernel_opcode(i, text), row);
	}
	return into;
}

static json_t *
tell_queue(const struct hd_kernel *kernel)
{
	json_t *into = json_array();
	for (uint32_t i = 0; i < kernel->threads_count; i++) {
		struct hd_histogram waited, away;
		between(kernel, HD_ROW_WAITED + i, &waited);
		between(kernel, HD_ROW_AWAY + i, &away);
		json_t *row = json_object();
		json_object_set_new(row, "thread", json_string(kernel->threads[i].name));
		json_object_set_new(row, "tid", json_integer(kernel->threads[i].tid));
		json_object_set_new(row, "waited", hd_trace_json(&waited, kernel->elapsed_ns));
		json_object_set_new(row, "off_core", hd_trace_json(&away, kernel->elapsed_ns));
		json_object_set_new(
			row, "preempted",
			json_integer((json_int_t)grown(kernel, &kernel->now.preempted[i])));
		json_array_append_new(into, row);
	}
	return into;
}

static json_t *
tell_disk(const struct hd_kernel *kernel)
{
	json_t *into = json_object();
	for (uint32_t i = 0; i < HD_DISK_COUNT; i++) {
		struct hd_histogram of;
		between(kernel, HD_ROW_DISK + i, &of);
		json_object_set_new(into, disk_names[i], hd_trace_json(&of, kernel->elapsed_ns));
	}
	return into;
}

void
hd_kernel_tell(const struct hd_kernel *kernel, json_t *into)
{
	uint64_t untimed = grown(kernel, &kernel->now.untimed);
	if (kernel->has[HD_PART_URING])
		json_object_set_new(into, "io_uring", tell_uring(kernel));
	if (kernel->has[HD_PART_QUEUE])
		json_object_set_new(into, "run_queue", tell_queue(kernel));
	if (kernel->has[HD_PART_DISK])
		json_object_set_new(into, "disk", tell_disk(kernel));
	json_object_set_new(into, "untimed", json_integer((json_int_t)untimed));
}
