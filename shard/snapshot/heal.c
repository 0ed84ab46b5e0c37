#include "shard/snapshot/heal.h"

#include <stdio.h>

#include "shard/archive/check.h"
#include "shard/inside.h"

/* Can a start rely on it, and on the log behind it? */
static bool
is_good(const struct hd_taker *taker, const struct hd_taken *taken)
{
	return !taken->rotten && taken->number > taker->sick;
}

static bool
is_healthy(const struct hd_taker *taker)
{
	uint32_t good = 0;
	HD_ASSERT(taker->kept_count <= HD_SNAPSHOTS_KEPT);
	for (uint32_t i = 0; i < taker->kept_count; i++)
		good += is_good(taker, &taker->kept[i]);
	return good == HD_SNAPSHOTS_KEPT;
}

/* The row that a new snapshot takes the place of: its own LSN's; where all are taken the oldest bad
 * one's, else the oldest's. */
static uint32_t
row_for(const struct hd_taker *taker, uint64_t lsn)
{
	for (uint32_t i = 0; i < taker->kept_count; i++)
		if (taker->kept[i].lsn == lsn)
			return i;
	if (taker->kept_count < HD_SNAPSHOTS_KEPT)
		return taker->kept_count;
	for (uint32_t i = HD_SNAPSHOTS_KEPT; i > 0; i--)
		if (!is_good(taker, &taker->kept[i - 1]))
			return i - 1;
	return HD_SNAPSHOTS_KEPT - 1;
}

void
hd_heal_keep(struct hd_shard *shard, struct hd_taken taken)
{
	struct hd_taker *taker = &shard->taker;
	uint32_t row = row_for(taker, taken.lsn);
	HD_ASSERT(row < HD_SNAPSHOTS_KEPT && !taken.rotten);
	taker->kept_count += row == taker->kept_count;
	for (uint32_t i = row; i > 0; i--)
		taker->kept[i] = taker->kept[i - 1];
	taker->kept[0] = taken;
	if (!taker->heal || !is_healthy(taker))
		return;
	taker->heal = false;
	hd_shard_tell(shard,
		      "%s has two whole snapshots again, of LSN %llu and %llu: what was damaged is "
		      "needed no more",
		      taker->directory, (unsigned long long)taker->kept[1].lsn,
		      (unsigned long long)taker->kept[0].lsn);
}

/* Taking note. True: a start would need it. */

static bool
note_snapshot(struct hd_taker *taker, uint64_t lsn)
{
	bool kept = taker->kept_count < HD_SNAPSHOTS_KEPT;
	for (uint32_t i = 0; i < taker->kept_count; i++) {
		if (taker->kept[i].lsn != lsn)
			continue;
		taker->kept[i].rotten = kept = true;
	}
	return kept;
}

/* The log is needed from the older snapshot's anchor on. */
static bool
note_segment(struct hd_taker *taker, uint32_t number)
{
	HD_ASSERT(number > 0);
	if (taker->kept_count == HD_SNAPSHOTS_KEPT &&
	    taker->kept[HD_SNAPSHOTS_KEPT - 1].number > number)
		return false;
	if (number > taker->sick)
		taker->sick = number;
	return true;
}

static void
name_file(const struct hd_shard *shard, const struct hd_damage *damage,
	  char path[static HD_SNAPSHOT_PATH])
{
	const char *directory = shard->taker.directory;
	bool packed = damage->kind == HD_CHECK_PACKED;
	if (damage->kind == HD_CHECK_SNAPSHOT)
		hd_snapshot_path(directory, damage->id, true, path);
	else
		snprintf(path, HD_SNAPSHOT_PATH, "%s/%s%08u.log%s", directory,
			 packed ? "archive/" : "", (uint32_t)damage->id, packed ? ".zst" : "");
}

/* Of a shard that stands still no second snapshot of the same LSN is taken, but of a damaged one.
 */
static const char *
remedy(const struct hd_shard *shard, bool needed)
{
	if (!needed)
		return "no start needs it, `huntctl log verify` says what of the past is lost";
	if (hd_taker_is_saved(shard))
		return "the state in memory is whole, but the new snapshots that a start uses "
		       "instead wait until something more is logged";
	return "the state in memory is whole, new snapshots are taken that a start uses instead";
}

void
hd_heal_damage(struct hd_shard *shard, const struct hd_damage *damage)
{
	char path[HD_SNAPSHOT_PATH];
	struct hd_taker *taker = &shard->taker;
	bool needed = false;
	if (damage->kind == HD_CHECK_SNAPSHOT)
		needed = note_snapshot(taker, damage->id);
	else if (damage->kind == HD_CHECK_SEGMENT)
		needed = note_segment(taker, (uint32_t)damage->id);
	taker->heal |= needed;
	HD_COUNT(hd_shard_mine(shard)->scrub_damage_total, 1);
	name_file(shard, damage, path);
	hd_shard_tell(shard, "%s is damaged at offset %llu: %s; %s", path,
		      (unsigned long long)damage->offset,
		      hd_check_text((enum hd_check_fault)damage->fault), remedy(shard, needed));
}

void
hd_heal_take(struct hd_shard *shard, const struct hd_cell *cell)
{
	HD_ASSERT(cell->from == shard->helper);
	hd_heal_damage(shard, &(struct hd_damage){.kind = (uint8_t)cell->a,
						  .id = (uint64_t)cell->b,
						  .offset = (uint64_t)cell->c,
						  .fault = (uint8_t)cell->d});
}
