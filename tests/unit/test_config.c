/* Settings: where a value comes from, what is refused, and that the shipped file is the truth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/config/config.h"
#include "net/doc/doc.h"

static struct hd_config config;
static struct hd_faults faults;

static void
begin(void)
{
	hd_config_defaults(&config);
	memset(&faults, 0, sizeof faults);
}

static bool
set(const char *name, const char *value)
{
	char fault[512];
	return hd_config_set(&config, name, value, "test", fault, sizeof fault);
}

static void
read_text(const char *text)
{
	struct hd_doc doc = {0};
	assert_true(hd_doc_read(hd_bytes_str(text), &doc, &faults));
	hd_config_document(&config, &doc.document, "huntd.yaml", &faults);
	hd_doc_free(&doc);
}

static void
defaults_are_production(void **state)
{
	(void)state;
	begin();
	struct hd_runtime_config runtime = hd_config_runtime(&config);
	assert_int_equal(runtime.durability, HD_DURABLE_BATCH);
	assert_int_equal(runtime.shards, 0);
	assert_int_equal(runtime.segment_bytes, HD_SEGMENT_DEFAULT);
	assert_int_equal(runtime.busy_ms, 20);
	assert_int_equal(runtime.tick_ms, HD_TICK_MS);
	assert_int_equal(runtime.ids_max, HD_IDS_KEPT);
	assert_int_equal(runtime.ids_age_s, HD_IDS_AGE_S);
	assert_int_equal(config.values[HD_SETTING_resp].port, 4868);
}

/* Weakest first: the default, the file, the environment, the command line. */
static void
the_last_word_wins(void **state)
{
	(void)state;
	char *environment[] = {"HOME=/", "HUNTD_SHARDS=3", "HUNTD_LOG_SEGMENT=2MiB", NULL};
	begin();
	read_text("shards: 2\nlog: {segment: 1MiB}\nids.max: 7\n");
	assert_int_equal(faults.count, 0);
	assert_int_equal(config.values[HD_SETTING_shards].number, 2);
	assert_string_equal(config.values[HD_SETTING_shards].from, "huntd.yaml:1");
	hd_config_environment(&config, environment, &faults);
	assert_int_equal(faults.count, 0);
	assert_int_equal(config.values[HD_SETTING_shards].number, 3);
	assert_int_equal(config.values[HD_SETTING_segment].number, 2 * HD_MIB);
	assert_true(set("shards", "4"));
	assert_int_equal(hd_config_runtime(&config).shards, 4);
	assert_int_equal(hd_config_runtime(&config).ids_max, 7);
}

/* What CONFIG SET changes, from names that the environment cannot write as they are. */
static void
live_settings_go_to_where_the_threads_read_them(void **state)
{
	(void)state;
	char *environment[] = {"HUNTD_SLOWLOG_LOG_SLOWER_THAN=250", "HUNTD_LATENCY_TRACKING=no",
			       "HUNTD_TRACE_SAMPLE=8", "HUNTD_ARCHIVE_MAX=1GiB", NULL};
	struct hd_tuning tuning;
	begin();
	hd_config_tune(&config, &tuning);
	assert_true(tuning.stamps);
	assert_int_equal(tuning.slow_ns, HD_SLOW_NS);
	assert_int_equal(tuning.slow_kept, HD_SLOW_KEPT);
	assert_int_equal(tuning.trace_sample, HD_TRACE_SAMPLE);
	hd_config_environment(&config, environment, &faults);
	assert_int_equal(faults.count, 0);
	assert_int_equal(config.values[HD_SETTING_archive_max].number, HD_MIB * 1024u);
	assert_true(set("slowlog-max-len", "1024"));
	hd_config_tune(&config, &tuning);
	assert_false(tuning.stamps);
	assert_int_equal(tuning.slow_ns, 250000);
	assert_int_equal(tuning.slow_kept, HD_SLOW_MAX);
	assert_int_equal(tuning.trace_sample, 8);
	assert_true(set("slowlog-log-slower-than", "-1"));
	hd_config_tune(&config, &tuning);
	assert_true(tuning.slow_ns < 0);
	assert_false(set("slowlog-max-len", "1025"));
	assert_false(set("slowlog-log-slower-than", "-2"));
	assert_false(set("trace.sample", "0"));
	assert_false(set("latency-tracking", "on"));
}

static void
what_is_wrong_is_refused_and_leaves_the_old_value(void **state)
{
	static const char *const bad[][2] = {
		{"shards", "0"},
		{"shards", "65"},
		{"shards", "two"},
		{"resp", "127.0.0.1"},
		{"resp", "localhost:99999"},
		{"durability", "window"},
		{"durability", "window:1ms"},
		{"durability", "window:2s"},
		{"memory", "1MiB"},
		{"memory", "-1GiB"},
		{"log.segment", "100KiB"},
		{"log.segment", "1000001"},
		{"ids.age", "1500ms"},
		{"busy.delay", "20"},
		{"data", ""},
		{"trust", "yes"},
		{"ring.cells", "0"},
		{"no.such", "1"},
		{"ids.max", "99999999999999999999"},
	};
	(void)state;
	begin();
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct hd_config before = config;
		if (set(bad[i][0], bad[i][1]))
			fail_msg("%s=%s was taken", bad[i][0], bad[i][1]);
		assert_memory_equal(&before, &config, sizeof config);
	}
}

static void
every_fault_of_a_file_is_listed_with_its_line(void **state)
{
	(void)state;
	begin();
	read_text("shards: many\nshard: 2\nresp: [1]\nlog: {segment: big}\ndata: ./d\n");
	assert_int_equal(faults.count, 4);
	assert_int_equal(faults.row[0].line, 1);
	assert_int_equal(faults.row[1].line, 2);
	assert_int_equal(faults.row[2].line, 3);
	assert_string_equal(faults.row[3].path, "log.segment");
	assert_string_equal(config.values[HD_SETTING_data].text, "./d");
}

static void
beyond_loopback_needs_trust(void **state)
{
	char fault[512];
	(void)state;
	begin();
	assert_true(set("resp", "0.0.0.0:4868"));
	assert_false(hd_config_whole(&config, fault, sizeof fault));
	assert_non_null(strstr(fault, "trust=all"));
	assert_true(set("resp", "127.0.0.2:1"));
	assert_true(set("http", "0.0.0.0:2"));
	assert_false(hd_config_whole(&config, fault, sizeof fault));
	assert_true(set("http", "off"));
	assert_int_equal(config.values[HD_SETTING_http].number, 0);
	assert_true(hd_config_whole(&config, fault, sizeof fault));
	assert_false(set("resp", "off"));
	assert_true(set("http", "0.0.0.0:2"));
	assert_int_equal(config.values[HD_SETTING_http].number, 1);
	assert_true(set("trust", "all"));
	assert_true(hd_config_whole(&config, fault, sizeof fault));
}

static void
every_door_has_a_port(void **state)
{
	char fault[512];
	(void)state;
	begin();
	assert_true(set("resp", "127.0.0.1:4880"));
	assert_false(hd_config_whole(&config, fault, sizeof fault));
	assert_non_null(strstr(fault, "127.0.0.1:4880"));
	assert_true(set("resp", "127.0.0.2:4880"));
	assert_true(hd_config_whole(&config, fault, sizeof fault));
	assert_true(set("resp", "0.0.0.0:4880") && set("trust", "all"));
	assert_false(hd_config_whole(&config, fault, sizeof fault));
	assert_true(set("http", "off"));
	assert_true(hd_config_whole(&config, fault, sizeof fault));
	assert_true(set("http", "127.0.0.1:0") && set("resp", "127.0.0.1:0"));
	assert_true(hd_config_whole(&config, fault, sizeof fault));
}

static void
the_shipped_file_is_what_print_config_prints(void **state)
{
	static char printed[16 * 1024], shipped[16 * 1024];
	(void)state;
	begin();
	size_t size = hd_config_print(&config, printed, sizeof printed);
	FILE *file = fopen(HD_TEST_FILES "/../../net/config/huntd.yaml", "rb");
	assert_non_null(file);
	size_t read = fread(shipped, 1, sizeof shipped - 1, file);
	fclose(file);
	assert_int_equal(read, size);
	assert_string_equal(shipped, printed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_production),
		cmocka_unit_test(the_last_word_wins),
		cmocka_unit_test(live_settings_go_to_where_the_threads_read_them),
		cmocka_unit_test(what_is_wrong_is_refused_and_leaves_the_old_value),
		cmocka_unit_test(every_fault_of_a_file_is_listed_with_its_line),
		cmocka_unit_test(beyond_loopback_needs_trust),
		cmocka_unit_test(every_door_has_a_port),
		cmocka_unit_test(the_shipped_file_is_what_print_config_prints),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
