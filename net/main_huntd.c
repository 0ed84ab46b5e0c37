/* huntd - the server. The only file that knows every layer: it reads the settings, opens the ports,
 * hands the runtime its io, edges and memory, and runs control's loop until a signal ends it. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "net/config/config.h"
#include "net/config/options.h"
#include "net/config/version.h"
#include "net/conn/edge.h"
#include "net/http/desk.h"
#include "net/server/arena.h"
#include "net/server/hunts.h"
#include "net/server/stats_page.h"
#include "net/uring/listen.h"
#include "net/uring/uring.h"

struct server {
	struct hd_config config;
	struct hd_runtime *_Atomic runtime; /* NULL: it loads */
	struct hd_hunts hunts;
	struct hd_server_info info;
	struct hd_stats_file stats;
	struct hd_tuning tuning;
	struct hd_baseline baseline;
	pthread_mutex_t settings; /* of `config` while it serves */
	char where[32];           /* ADDR:PORT that every shard listens on */
	char http_where[32];      /* the desk's, which is bound before anything starts; "": off */
	int http;
	int64_t started_ms;
};

static int64_t
milliseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What the runtime is handed. */

static struct hd_io *
io_create(void *context, const struct hd_topology_row *row)
{
	char message[512];
	struct hd_uring_options uring = {0};
	struct hd_io *io = hd_uring_create(&uring, message, sizeof message);
	(void)context;
	(void)row;
	if (!io)
		fprintf(stderr, "huntd: %s\n", message);
	return io;
}

static void
io_destroy(void *context, struct hd_io *io)
{
	(void)context;
	hd_uring_destroy(io);
}

static void *
edge_create(void *context, struct hd_shard *shard)
{
	struct server *server = context;
	char message[256];
	uint16_t port;
	int listener = hd_listen(server->where, true, &port, message, sizeof message);
	if (listener < 0) {
		fprintf(stderr, "huntd: %s\n", message);
		return NULL;
	}
	struct hd_edge_options edge = {
		.listener = listener,
		.clients_max = (uint32_t)server->config.values[HD_SETTING_clients].number,
		.info = &server->info,
	};
	return hd_edge_create(&edge, shard);
}

static void
edge_destroy(void *context, void *edge)
{
	(void)context;
	hd_edge_destroy(edge);
}

static void *
desk_create(void *context, struct hd_io *io, struct hd_memory *memory,
	    const struct hd_stats_page *page)
{
	const struct server *server = context;
	return hd_desk_create(server->http, io, memory, page);
}

static void
memory_init(void *context, uint32_t shard, struct hd_memory *memory)
{
	(void)context;
	(void)shard;
	bool good = hd_arena_init(memory);
	HD_ASSERT(good);
}

static bool
compile(void *context, struct hd_bytes name, struct hd_bytes text, struct hd_bytes previous,
	uint32_t version, struct hd_writer *out, char *message, uint32_t room)
{
	(void)context;
	return hd_hunts_compile(name, text, previous, version, out, message, room);
}

static bool
hunt_file(void *context, uint32_t n, struct hd_bytes *source, struct hd_bytes *text, char *message,
	  uint32_t room)
{
	struct server *server = context;
	if (n >= server->hunts.count)
		return false;
	hd_hunts_file(&server->hunts, n, source, text, message, room);
	return true;
}

static void
hunt_file_result(void *context, struct hd_bytes source, const char *message)
{
	const struct server *server = context;
	const char *end;
	for (; *message; message = *end ? end + 3 : end) {
		end = strstr(message, " | ");
		if (!end)
			end = message + strlen(message);
		fprintf(stderr, "%s/%.*s:%.*s\n", server->hunts.folder, (int)source.size,
			(const char *)source.at, (int)(end - message), message);
	}
}

static void
tell_recovered(const struct server *server, uint64_t events, bool cut,
	       const struct hd_log_report *reports, uint32_t shards)
{
	char to[HD_SHARDS_MAX * 24]; /* SHARD:LSN,... */
	size_t used = 0;
	for (uint32_t i = 0; i < shards; i++)
		used += (size_t)snprintf(to + used, sizeof to - used, "%s%u:%llu", i ? "," : "", i,
					 (unsigned long long)reports[i].last_lsn);
	fprintf(stderr, "huntd: recovered %llu events (to %s) in %lld ms%s\n",
		(unsigned long long)events, to, (long long)(milliseconds() - server->started_ms),
		cut ? "; a torn, unacknowledged tail was cut" : "");
}

static void
ready(void *context, const struct hd_log_report *reports, uint32_t shards)
{
	const struct server *server = context;
	uint64_t events = 0, cut = 0, last = 0;
	for (uint32_t i = 0; i < shards; i++) {
		events += reports[i].events;
		cut += reports[i].cut_bytes;
		last += reports[i].last_lsn;
		if (!reports[i].direct && i == 0)
			fprintf(stderr, "huntd: the file system takes no O_DIRECT: buffered writes "
					"and fdatasync\n");
	}
	if (last)
		tell_recovered(server, events, cut > 0, reports, shards);
	fprintf(stderr, "huntd %s: serving %s on %u shard%s, durability %s%s%s%s\n", hd_version(),
		server->where, shards, shards == 1 ? "" : "s",
		server->config.values[HD_SETTING_durability].text,
		server->http_where[0] ? "; http://" : "", server->http_where,
		server->http_where[0] ? "/metrics" : "");
	if (server->config.durability == HD_DURABLE_OFF)
		fprintf(stderr, "huntd: durability off: a crash loses what was acknowledged\n");
}

static void
news(void *context, const char *line)
{
	(void)context;
	fprintf(stderr, "huntd: %s\n", line);
}

static void
give_up(void *context)
{
	struct server *server = context;
	hd_stats_file_close(&server->stats);
	_exit(HD_EXIT_INVARIANT);
}

static void
shard_news(void *context, uint32_t shard, const char *line)
{
	(void)context;
	fprintf(stderr, "huntd: shard %u: %s\n", shard, line);
}

static void
random_bytes(void *context, uint8_t out[32])
{
	(void)context;
	randombytes_buf(out, 32);
}

static struct hd_stats_page *
stats_page(void *context, size_t bytes)
{
	struct server *server = context;
	char message[512];
	if (!hd_stats_file_open(&server->stats, HD_STATS_FOLDER, bytes,
				(uint64_t)server->info.started_ms, message, sizeof message))
		fprintf(stderr, "huntd: %s\n", message);
	return server->stats.page;
}

/* Signals only say that it is time to end; whoever works at the moment looks at it. */

static _Atomic bool stopping, hurrying;

static void
on_signal(int number)
{
	(void)number;
	if (atomic_exchange(&stopping, true))
		atomic_store(&hurrying, true); /* a second one: without the last snapshot */
}

static void
prepare_process(void)
{
	struct rlimit files;
	struct sigaction action = {.sa_handler = on_signal};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

static void
stop_server(void *context, bool save)
{
	struct server *server = context;
	struct hd_runtime *runtime = atomic_load(&server->runtime);
	if (!save)
		atomic_store(&hurrying, true);
	atomic_store(&stopping, true);
	if (runtime != NULL)
		hd_runtime_stop(runtime);
}

/* Opens a setting's port without SO_REUSEPORT: one in use is an error, not half of the connections.
 * Asked for two seconds, because the kernel lets go of a killed process' listener a little after
 * it. `where`: the address with the port that was given. Below 0: none, and why was said. */
static int
open_port(const struct server *server, enum hd_setting setting, uint16_t *port, char where[32])
{
	const struct timespec pause = {.tv_nsec = 20000000};
	const struct hd_config_value *value = &server->config.values[setting];
	char message[512];
	int fd = -EADDRINUSE;
	for (int tries = 0; tries < 100 && fd == -EADDRINUSE && !stopping; tries++) {
		if (tries == 1)
			fprintf(stderr, "huntd: waiting for %s to be let go\n", value->text);
		if (tries > 0)
			nanosleep(&pause, NULL);
		fd = hd_listen(value->text, false, port, message, sizeof message);
	}
	if (fd < 0 && !stopping)
		fprintf(stderr, "huntd: %s%s%s%s\n", message,
			fd == -EADDRINUSE ? "; is another huntd running? --" : "",
			fd == -EADDRINUSE ? hd_config_rows[setting].name : "",
			fd == -EADDRINUSE ? " takes another port" : "");
	snprintf(where, 32, "%u.%u.%u.%u:%u", value->host >> 24, value->host >> 16 & 255,
		 value->host >> 8 & 255, value->host & 255, *port);
	return fd;
}

/* The shards open the RESP port for themselves; the desk takes its one over as it is. */
static bool
open_ports(struct server *server)
{
	uint16_t port = 0;
	int probe = open_port(server, HD_SETTING_resp, &server->info.port, server->where);
	if (probe < 0)
		return false;
	close(probe);
	if (!server->config.values[HD_SETTING_http].number)
		return true;
	server->http = open_port(server, HD_SETTING_http, &port, server->http_where);
	return server->http >= 0;
}

/* Returns an exit code, or -1 to go on. */
static int
open_doors(struct server *server)
{
	if (!open_ports(server))
		return stopping ? HD_EXIT_OK : HD_EXIT_FAILED;
	const struct hd_config_value *hunts = &server->config.values[HD_SETTING_hunts];
	if (!hd_hunts_open(&server->hunts, hunts->text)) {
		fprintf(stderr, "huntd: cannot read %s: %s\n", hunts->text, strerror(errno));
		return HD_EXIT_FAILED;
	}
	if (server->hunts.absent && strcmp(hunts->from, "default") != 0)
		fprintf(stderr, "huntd: there is no folder %s (%s): no hunts are read from it\n",
			hunts->text, hunts->from);
	return -1;
}

static int
serve(struct server *server)
{
	char message[1024] = "";
	int code = HD_EXIT_FAILED;
	static const struct hd_desk_ops desk = {desk_create,  hd_desk_destroy,  hd_desk_complete,
						hd_desk_pass, hd_desk_deadline, hd_desk_drain};
	struct hd_runtime_config config = hd_config_runtime(&server->config);
	config.stop = &stopping;
	config.hurry = &hurrying;
	config.tuning = &server->tuning;
	hd_config_tune(&server->config, &server->tuning);
	struct hd_runtime_hooks hooks = {
		.context = server,
		.io_create = io_create,
		.io_destroy = io_destroy,
		.edge_create = edge_create,
		.edge_destroy = edge_destroy,
		.edge = &hd_edge_table,
		.memory_init = memory_init,
		.compile = compile,
		.hunt_file = hunt_file,
		.hunt_file_result = hunt_file_result,
		.ready = ready,
		.clock_news = news,
		.health_news = news,
		.give_up = give_up,
		.shard_news = shard_news,
		.stats_page = stats_page,
		.random = random_bytes,
	};
	int ended = open_doors(server);
	if (ended >= 0)
		return ended;
	hooks.desk = server->http_where[0] ? &desk : NULL;
	server->runtime = hd_runtime_start(&config, &hooks, message, sizeof message, &code);
	if (server->runtime)
		code = hd_runtime_run(server->runtime);
	else if (message[0])
		fprintf(stderr, "huntd: %s\n", message);
	hd_stats_file_close(&server->stats);
	hd_hunts_close(&server->hunts);
	return code;
}

/* Settings over CONFIG: all can be read; those that are read at start say so. Any shard's thread
 * asks. */

static void
settings_get(void *context, void (*each)(void *to, const char *name, const char *value), void *to)
{
	struct server *server = context;
	pthread_mutex_lock(&server->settings);
	for (int i = 0; i < HD_SETTING_COUNT; i++)
		each(to, hd_config_rows[i].name, server->config.values[i].text);
	pthread_mutex_unlock(&server->settings);
}

static bool
is_accept(const char *name, const char *value)
{
	return strcmp(name, "clock") == 0 && strcmp(value, "accept") == 0;
}

static bool
accept_clock(struct server *server, char *message, size_t room)
{
	struct hd_runtime *runtime = atomic_load(&server->runtime);
	snprintf(message, room, "the clock and the wall clock are not apart");
	return runtime != NULL && hd_runtime_accept_clock(runtime);
}

/* Into `next`; what is read at start only may be said again as it is. */
static bool
setting_take(struct hd_config *next, const char *name, const char *value, char *message,
	     size_t room)
{
	struct hd_config before = *next;
	if (!hd_config_set(next, name, value, "CONFIG SET", message, room))
		return false;
	int row = 0;
	while (strcmp(hd_config_rows[row].name, name) != 0)
		row++;
	if (hd_config_rows[row].when == HD_CONFIG_LIVE)
		return true;
	bool same = strcmp(before.values[row].text, value) == 0;
	*next = before;
	snprintf(message, room,
		 "%s is read at start only: put it into the configuration and restart", name);
	return same;
}

/* All words into `next`; `accept`: the clock is among them. */
static bool
settings_take(struct hd_config *next, const struct hd_bytes *words, uint32_t count, bool *accept,
	      char *message, size_t room)
{
	for (uint32_t i = 0; i < count; i += 2) {
		char name[64], value[HD_CONFIG_TEXT_MAX + 1]; /* one over what may be */
		snprintf(name, sizeof name, "%.*s", (int)words[i].size, (const char *)words[i].at);
		snprintf(value, sizeof value, "%.*s", (int)words[i + 1].size,
			 (const char *)words[i + 1].at);
		if (is_accept(name, value))
			*accept = true;
		else if (!setting_take(next, name, value, message, room))
			return false;
	}
	return true;
}

static bool
settings_set(void *context, const struct hd_bytes *words, uint32_t count, char *message,
	     size_t room)
{
	struct server *server = context;
	struct hd_config *config = &server->config;
	bool accept = false;
	pthread_mutex_lock(&server->settings);
	struct hd_config next = *config;
	bool good = settings_take(&next, words, count, &accept, message, room) &&
		    (!accept || accept_clock(server, message, room));
	/* The live ones alone: whoever shows another's text is not in the lock. */
	for (int i = 0; good && i < HD_SETTING_COUNT; i++)
		if (hd_config_rows[i].when == HD_CONFIG_LIVE)
			config->values[i] = next.values[i];
	if (good)
		hd_config_tune(config, &server->tuning);
	pthread_mutex_unlock(&server->settings);
	return good;
}

static void
tell_of_server(struct server *server)
{
	static const struct hd_settings_ops settings = {settings_get, settings_set};
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	server->info.context = server;
	server->info.version = hd_version();
	server->info.durability = server->config.values[HD_SETTING_durability].text;
	server->info.data = server->config.values[HD_SETTING_data].text;
	server->info.started_ms = now.tv_sec * 1000 + now.tv_nsec / 1000000;
	server->info.stop = stop_server;
	server->info.settings = &settings;
	server->info.peer = hd_socket_peer;
	server->info.baseline = &server->baseline;
}

int
main(int argc, char **argv)
{
	static struct server server = {.baseline = {.lock = PTHREAD_MUTEX_INITIALIZER},
				       .settings = PTHREAD_MUTEX_INITIALIZER};
	server.started_ms = milliseconds();
	if (!__builtin_cpu_supports("avx2") || sodium_init() < 0) {
		fprintf(stderr,
			"huntd: this processor lacks AVX2; build with -DHUNT_MARCH=x86-64-v2\n");
		return HD_EXIT_FAILED;
	}
	int code = hd_options_read(&server.config, argc, argv);
	if (code >= 0)
		return code;
	prepare_process();
	tell_of_server(&server);
	return serve(&server);
}
