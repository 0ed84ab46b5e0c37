/* What a story may see and turn of a house that runs. */
#include "tests/lib/house_inside.h"

#include <string.h>

void
house_stall(struct house *house, uint32_t at, uint32_t ms)
{
	house->doors[at].stall_ms = ms;
	struct hd_io *io = hd_shard_io(house->doors[at].shard);
	io->ops->wake(NULL, io);
}

void
house_health_news(struct house *house, char lines[512])
{
	pthread_mutex_lock(&house->mutex);
	memcpy(lines, house->health_news, sizeof house->health_news);
	pthread_mutex_unlock(&house->mutex);
}

struct thread_disk *
house_disk(struct house *house)
{
	return &house->disk;
}

struct hd_runtime *
house_runtime(struct house *house)
{
	return house->runtime;
}

struct hd_shard *
house_shard(struct house *house, uint32_t number)
{
	return house->doors[number].shard;
}

void
house_set_wall(struct house *house, int64_t ahead)
{
	house->wall_ahead = ahead;
}

int64_t
house_clock(const struct house *house)
{
	return house->doors[0].clock;
}

uint32_t
house_clock_news(const struct house *house)
{
	return house->clock_news;
}

uint32_t
house_shard_news(struct house *house, char *line)
{
	pthread_mutex_lock(&house->mutex);
	uint32_t news = house->shard_news;
	if (line != NULL)
		memcpy(line, house->shard_line, sizeof house->shard_line);
	pthread_mutex_unlock(&house->mutex);
	return news;
}

uint32_t
house_results(const struct house *house)
{
	return house->bad_files;
}

uint64_t
house_view(struct house *house, struct hd_view *view)
{
	struct door *door = &house->doors[0];
	pthread_mutex_lock(&door->mutex);
	if (view != NULL)
		*view = door->view;
	uint64_t views = door->views;
	pthread_mutex_unlock(&door->mutex);
	return views;
}
