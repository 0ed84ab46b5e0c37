#include "net/ctl/log/snapshots.h"

#include <stdio.h>

#include "huntd/snapshot.h"
#include "shard/snapshot/reader.h"

void
hd_ctl_snapshots_list(const struct hd_ctl_logs *logs, unsigned shard, struct hd_snapshot_list *list)
{
	char path[HD_CTL_PATH];
	*list = (struct hd_snapshot_list){0};
	if (hd_ctl_logs_shard(logs, shard, path))
		(void)hd_snapshots_list(logs->io, path, list);
}

static bool
load_object(void *context, struct hd_bytes object)
{
	return hd_core_load(context, object);
}

bool
hd_ctl_snapshot_load(const struct hd_ctl_logs *logs, unsigned shard, uint64_t lsn,
		     struct hd_core *core, struct hd_ctl_snapshot *snapshot)
{
	char directory[HD_CTL_PATH];
	char lacks[HD_LACKS_MAX];
	struct hd_memory memory = hd_ctl_memory();
	struct hd_snapshot_reader reader = {.io = logs->io,
					    .memory = &memory,
					    .path = snapshot->path,
					    .context = core,
					    .each = load_object};
	*snapshot = (struct hd_ctl_snapshot){0};
	hd_ctl_logs_shard(logs, shard, directory);
	hd_snapshot_path(directory, lsn, true, snapshot->path);
	bool good = hd_snapshot_read(&reader);
	snapshot->anchor = reader.head.anchor;
	memcpy(snapshot->digest, reader.end.digest, sizeof snapshot->digest);
	if (good && (reader.head.log != shard || reader.head.anchor.lsn != lsn))
		reader.what = "it is another shard's, or of another LSN than its name says";
	else if (good && !hd_core_loaded(core, reader.end.digest, reader.end.objects))
		reader.what = "its objects do not have the digest that they were written with";
	if (reader.what && good && hd_core_lacks(core, lacks))
		snprintf(snapshot->message, sizeof snapshot->message,
			 "%.512s has a document with %s, which this release lacks; use the huntctl "
			 "of "
			 "the release that wrote it",
			 snapshot->path, lacks);
	else if (reader.what)
		snprintf(snapshot->message, sizeof snapshot->message,
			 "%s is damaged at offset %llu: %s%s%s", snapshot->path,
			 (unsigned long long)reader.offset, reader.what, reader.error ? ": " : "",
			 reader.error ? strerror(-reader.error) : "");
	return reader.what == NULL;
}
