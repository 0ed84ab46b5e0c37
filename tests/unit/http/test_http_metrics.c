/* The two pages of metrics: every number as it was counted, in both forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/http/metrics.h"
#include "net/http/pages.h"

#define SHARDS 3u

static struct hd_stats_page *page;
static char *text; /* the page written last, ends with 0 */

static int
begin(void **state)
{
	(void)state;
	page = aligned_alloc(4096, HD_STATS_BYTES(HD_SHARDS_MAX));
	memset(page, 0, HD_STATS_BYTES(HD_SHARDS_MAX));
	page->shards = SHARDS;
	page->started_ms = 1795293710364;
	page->pid = 77;
	memcpy(page->version, "0.1.0", 6);
	memcpy(page->build, "8c1f0a9be2d1", 13);
	page->build_id[0] = 0xab;
	page->build_id[1] = 0x01;
	text = NULL;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	free(page);
	free(text);
	return 0;
}

static void
write_page(enum hd_metrics_view view, enum hd_text_format format)
{
	static const struct hd_process process = {12345678901, 4096, 8192, 33, 1024};
	size_t room = hd_metrics_bytes(view, page->shards);
	free(text);
	text = malloc(room + 1);
	struct hd_text to = {.out = hd_writer_of(text, room), .format = (uint8_t)format};
	hd_metrics_write(&to, view, page, &process);
	assert_false(to.out.full);
	*to.out.at = 0;
}

static void
has(const char *line)
{
	const char *at = text;
	size_t size = strlen(line);
	while ((at = strstr(at, line)) != NULL) {
		if ((at == text || at[-1] == '\n') && at[size] == '\n')
			return;
		at += size;
	}
	fail_msg("no line `%s`", line);
}

static void
lacks(const char *words)
{
	if (strstr(text, words) != NULL)
		fail_msg("`%s` stands there", words);
}

#define SET(shard_, counter, n) HD_GAUGE(page->shard[shard_].metrics.counter, n)

static void
numbers_are_exact(void **state)
{
	(void)state;
	SET(0, commands_total, UINT64_MAX);
	SET(1, commands_total, 1);
	SET(0, log_flush_ns_total, 1);
	SET(1, log_flush_ns_total, 123456789012345678);
	SET(2, log_flush_ns_total, 1500000000);
	SET(0, clock_difference_ns, (uint64_t)-2500000);
	SET(1, clock_difference_ns, 2000000000);
	SET(0, hot_slot_share, 123456);
	SET(1, hot_slot_share, 1000000);
	SET(2, hot_slot_share, 1);
	write_page(HD_METRICS_EACH, HD_TEXT_PLAIN);
	has("huntd_shard_commands_total{shard=\"0\"} 18446744073709551615");
	has("huntd_shard_commands_total{shard=\"1\"} 1");
	has("huntd_shard_commands_total{shard=\"2\"} 0");
	has("huntd_shard_log_flush_seconds_total{shard=\"0\"} 1e-09");
	has("huntd_shard_log_flush_seconds_total{shard=\"1\"} 123456789.012345678");
	has("huntd_shard_log_flush_seconds_total{shard=\"2\"} 1.5");
	has("huntd_shard_clock_difference_seconds{shard=\"0\"} -0.0025");
	has("huntd_shard_clock_difference_seconds{shard=\"1\"} 2");
	has("huntd_shard_clock_difference_seconds{shard=\"2\"} 0");
	has("huntd_shard_hot_slot_ratio{shard=\"0\"} 0.123456");
	has("huntd_shard_hot_slot_ratio{shard=\"1\"} 1");
	has("huntd_shard_hot_slot_ratio{shard=\"2\"} 0.000001");
	has("huntd_build_info{version=\"0.1.0\",commit=\"8c1f0a9be2d1\"} 1");
	has("process_start_time_seconds 1795293710.364");
	has("process_cpu_seconds_total 12.345678901");
	has("process_open_fds 33");
	has("huntd_shards 3");
	has("huntd_loading 1");
}

static void
shards_merge_as_their_rows_say(void **state)
{
	(void)state;
	SET(0, commands_total, 5);
	SET(1, commands_total, 7);
	SET(2, snapshot_ns, 3000000000);
	SET(0, snapshot_ns, 1000000000);
	SET(0, snapshot_saved_at, 90);
	SET(1, snapshot_saved_at, 80);
	SET(2, snapshot_saved_at, 85);
	SET(0, clock_difference_ns, (uint64_t)-1000000000);
	SET(1, clock_difference_ns, (uint64_t)-3000000000);
	SET(2, clock_difference_ns, (uint64_t)-2000000000);
	SET(2, log_position, 99);
	write_page(HD_METRICS_MERGED, HD_TEXT_PLAIN);
	has("huntd_commands_total 12");
	has("huntd_snapshot_duration_seconds 3");
	has("huntd_snapshot_timestamp_seconds 80");
	has("huntd_clock_difference_seconds -1");
	lacks("log_position");
	lacks("shard=");
	lacks("huntd_shard_");
	write_page(HD_METRICS_EACH, HD_TEXT_PLAIN);
	has("huntd_shard_log_position{shard=\"2\"} 99");
}

static void
commands_appear_when_they_are_called(void **state)
{
	(void)state;
	SET(1, command_calls[HD_CMD_JOIN], 4);
	SET(1, command_errors[HD_CMD_JOIN], 3);
	SET(2, command_calls[HD_CMD_JOIN], 10);
	SET(2, command_errors[HD_CMD_PING], 1); /* never without a call, but if so: not shown */
	SET(1, command_rejected[HD_CMD_JOIN], 6);
	SET(2, command_rejected[HD_CMD_AWARD], 2); /* refused, and never let in */
	hd_histogram_record(&page->shard[1].command[HD_CMD_JOIN], 10000, 4);
	write_page(HD_METRICS_EACH, HD_TEXT_PLAIN);
	has("huntd_shard_command_calls_total{shard=\"1\",command=\"HUNT.JOIN\"} 4");
	has("huntd_shard_command_errors_total{shard=\"1\",command=\"HUNT.JOIN\"} 3");
	has("huntd_shard_command_errors_total{shard=\"2\",command=\"HUNT.JOIN\"} 0");
	has("huntd_shard_command_seconds_count{shard=\"1\",command=\"HUNT.JOIN\"} 4");
	has("huntd_shard_command_rejected_total{shard=\"1\",command=\"HUNT.JOIN\"} 6");
	has("huntd_shard_command_rejected_total{shard=\"2\",command=\"HUNT.JOIN\"} 0");
	has("huntd_shard_command_rejected_total{shard=\"2\",command=\"HUNT.AWARD\"} 2");
	has("huntd_shard_command_calls_total{shard=\"2\",command=\"HUNT.AWARD\"} 0");
	lacks("command_seconds_count{shard=\"2\",command=\"HUNT.AWARD\"}");
	lacks("PING");
	lacks("{shard=\"0\",command=");
	write_page(HD_METRICS_MERGED, HD_TEXT_PLAIN);
	has("huntd_command_calls_total{command=\"HUNT.JOIN\"} 14");
	has("huntd_command_rejected_total{command=\"HUNT.JOIN\"} 6");
	has("huntd_command_seconds_sum{command=\"HUNT.JOIN\"} 4e-05");
}

/* Folds the text's own buckets: bounds rise, counts rise, and the last is the count. */
static void
times_fall_into_powers_of_two(void **state)
{
	(void)state;
	struct hd_histogram *recv = &page->shard[0].leg[HD_LEG_RECV];
	hd_histogram_record(recv, 8191, 1);
	hd_histogram_record(recv, 8192, 2);
	hd_histogram_record(recv, (UINT64_C(1) << 32) - 1, 4);
	hd_histogram_record(recv, UINT64_C(1) << 32, 8);
	hd_histogram_record(&page->shard[2].leg[HD_LEG_RECV], 100000, 16);
	recv->count = 12345; /* as a writer's at the moment: what is shown is what buckets say */
	write_page(HD_METRICS_MERGED, HD_TEXT_PLAIN);
	has("huntd_stage_seconds_bucket{stage=\"recv\",le=\"8.192e-06\"} 1");
	has("huntd_stage_seconds_bucket{stage=\"recv\",le=\"1.6384e-05\"} 3");
	has("huntd_stage_seconds_bucket{stage=\"recv\",le=\"6.5536e-05\"} 3");
	has("huntd_stage_seconds_bucket{stage=\"recv\",le=\"0.000131072\"} 19");
	has("huntd_stage_seconds_bucket{stage=\"recv\",le=\"2.147483648\"} 19");
	has("huntd_stage_seconds_bucket{stage=\"recv\",le=\"4.294967296\"} 23");
	has("huntd_stage_seconds_bucket{stage=\"recv\",le=\"+Inf\"} 31");
	has("huntd_stage_seconds_count{stage=\"recv\"} 31");
	has("huntd_stage_seconds_sum{stage=\"recv\"} 51.541232123");
	has("huntd_stage_seconds_bucket{stage=\"reply\",le=\"+Inf\"} 0");
	lacks("le=\"4.096e-06\"");
	lacks("le=\"8.589934592\"");
}

static void
sizes_fall_below_powers_of_two(void **state)
{
	(void)state;
	struct hd_histogram *batch = &page->shard[0].size[HD_SIZE_BATCH];
	hd_histogram_record(batch, 1, 1);
	hd_histogram_record(batch, 63, 2);
	hd_histogram_record(batch, 64, 4);
	hd_histogram_record(batch, UINT64_C(1) << 40, 8);
	write_page(HD_METRICS_EACH, HD_TEXT_PLAIN);
	has("huntd_shard_batch_commands_bucket{shard=\"0\",le=\"0\"} 0");
	has("huntd_shard_batch_commands_bucket{shard=\"0\",le=\"1\"} 1");
	has("huntd_shard_batch_commands_bucket{shard=\"0\",le=\"63\"} 3");
	has("huntd_shard_batch_commands_bucket{shard=\"0\",le=\"127\"} 7");
	has("huntd_shard_batch_commands_bucket{shard=\"0\",le=\"1048575\"} 7");
	has("huntd_shard_batch_commands_bucket{shard=\"0\",le=\"+Inf\"} 15");
	write_page(HD_METRICS_EACH, HD_TEXT_OPEN);
	has("huntd_shard_batch_commands_bucket{shard=\"0\",le=\"63.0\"} 3");
}

/* Every `# TYPE name kind` of the page, and no name twice: a counter and a gauge of one family
 * would be one metric to OpenMetrics. */
static uint32_t
families(void)
{
	static char names[1024][96];
	uint32_t count = 0;
	for (const char *at = text; (at = strstr(at, "# TYPE ")) != NULL; at++) {
		assert_int_equal(sscanf(at, "# TYPE %95s", names[count]), 1);
		for (uint32_t i = 0; i < count; i++)
			if (strcmp(names[i], names[count]) == 0)
				fail_msg("%s twice", names[i]);
		count++;
	}
	return count;
}

static void
the_two_forms_differ_in_little(void **state)
{
	(void)state;
	for (uint32_t view = HD_METRICS_EACH; view <= HD_METRICS_MERGED; view++) {
		const char *prefix = view == HD_METRICS_EACH ? "huntd_shard_" : "huntd_";
		char line[96];
		write_page((enum hd_metrics_view)view, HD_TEXT_PLAIN);
		uint32_t count = families();
		snprintf(line, sizeof line, "# TYPE %scommands_total counter", prefix);
		has(line);
		lacks("# EOF");
		write_page((enum hd_metrics_view)view, HD_TEXT_OPEN);
		assert_int_equal(families(), count);
		snprintf(line, sizeof line, "# TYPE %scommands counter", prefix);
		has(line);
		lacks("_total counter");
		assert_string_equal(text + strlen(text) - 6, "# EOF\n");
		has("process_cpu_seconds_total 12.345678901");
	}
}

/* As many shards as there may be, every command called, every number long. */
static void
the_longest_page_fits(void **state)
{
	(void)state;
	page->shards = HD_SHARDS_MAX;
	for (uint32_t i = 0; i < HD_SHARDS_MAX; i++) {
		struct hd_shard_stats *stats = &page->shard[i];
		memset(stats, 0xee, sizeof *stats); /* no sum overflows into short numbers */
	}
	write_page(HD_METRICS_EACH, HD_TEXT_OPEN);
	size_t each = strlen(text);
	print_message("%zu bytes of %zu\n", each, hd_metrics_bytes(HD_METRICS_EACH, HD_SHARDS_MAX));
	assert_true(each > hd_metrics_bytes(HD_METRICS_EACH, HD_SHARDS_MAX) / 4);
	write_page(HD_METRICS_MERGED, HD_TEXT_OPEN);
}

/* The small pages. */

static struct hd_page_made
small(const char *path)
{
	free(text);
	size_t room = hd_page_bytes(page->shards);
	text = malloc(room + 1);
	struct hd_writer out = hd_writer_of(text, room);
	enum hd_page which = hd_page_find(hd_bytes_str(path));
	assert_int_not_equal(which, HD_PAGE_NONE);
	struct hd_page_made made = hd_page_write(which, page, HD_TEXT_PLAIN, &out);
	*out.at = 0;
	return made;
}

static void
health_names_who_stands_still(void **state)
{
	(void)state;
	assert_int_equal(small("/healthz").status, 200);
	assert_string_equal(text, "ok\n");
	SET(1, stalled, 1);
	hd_pulse_stage(&page->shard[1].pulse, HD_STAGE_BOARDS);
	assert_int_equal(small("/healthz").status, 503);
	assert_string_equal(text, "shard 1 stands still: in boards for over 1000 ms\n");
	SET(1, stalled, 0);
	assert_int_equal(small("/healthz").status, 200);
}

static void
readiness_says_how_far_it_is(void **state)
{
	(void)state;
	assert_int_equal(small("/readyz").status, 503);
	assert_string_equal(text, "loading: 0 % of snapshots and logs are read\n");
	page->state = HD_SERVER_LOADING;
	SET(0, loading_total_bytes, 100);
	SET(0, loading_loaded_bytes, 100);
	SET(1, loading_total_bytes, 300);
	SET(1, loading_loaded_bytes, 20);
	assert_int_equal(small("/readyz").status, 503);
	assert_string_equal(text, "loading: 30 % of snapshots and logs are read\n");
	page->state = HD_SERVER_SERVING;
	assert_int_equal(small("/readyz").status, 200);
	page->state = HD_SERVER_ENDING;
	assert_int_equal(small("/readyz").status, 503);
	assert_string_equal(text, "ending: what is under way is finished\n");
}

static void
the_version_is_told(void **state)
{
	(void)state;
	assert_string_equal(small("/version").type, "application/json");
	assert_string_equal(
		text, "{\"name\":\"huntd\",\"version\":\"0.1.0\",\"commit\":\"8c1f0a9be2d1\","
		      "\"build_id\":\"ab01\",\"started\":\"2026-11-21T20:41:50.364Z\",\"pid\":77,"
		      "\"shards\":3}\n");
	assert_int_equal(hd_page_find(HD_BYTES("/metrics/")), HD_PAGE_NONE);
	assert_int_equal(hd_page_find(HD_BYTES("")), HD_PAGE_NONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(numbers_are_exact),
		TEST(shards_merge_as_their_rows_say),
		TEST(commands_appear_when_they_are_called),
		TEST(times_fall_into_powers_of_two),
		TEST(sizes_fall_below_powers_of_two),
		TEST(the_two_forms_differ_in_little),
		TEST(the_longest_page_fits),
		TEST(health_names_who_stands_still),
		TEST(readiness_says_how_far_it_is),
		TEST(the_version_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
