#include "shard/clock.h"

#include "huntd/assert.h"

static void
show(struct hd_clock *clock, int64_t offset, int64_t difference)
{
	atomic_store_explicit(&clock->page->offset, offset, memory_order_relaxed);
	atomic_store_explicit(&clock->page->difference, difference, memory_order_relaxed);
}

void
hd_clock_start(struct hd_clock *clock, int64_t boot, int64_t real)
{
	HD_ASSERT(clock->page != NULL && clock->looked == 0);
	HD_ASSERT(boot > 0);
	show(clock, real - boot, 0);
	clock->looked = boot;
}

static int64_t
slewed(int64_t difference, int64_t passed)
{
	int64_t most = passed / 1000000 * HD_CLOCK_SLEW_PPM;
	if (difference > most)
		return most;
	return difference < -most ? -most : difference;
}

static enum hd_clock_news
look_far(struct hd_clock *clock, int64_t boot, int64_t offset, int64_t difference)
{
	bool accept = atomic_exchange(&clock->page->accept, false);
	bool alarmed = clock->alarmed != 0;
	if (alarmed && (accept || boot - clock->alarmed >= HD_CLOCK_TAKE_NS)) {
		clock->alarmed = 0;
		show(clock, offset + difference, 0);
		return HD_CLOCK_TAKEN;
	}
	if (!alarmed)
		clock->alarmed = boot;
	show(clock, offset, difference);
	return alarmed ? HD_CLOCK_QUIET : HD_CLOCK_ALARM;
}

enum hd_clock_news
hd_clock_look(struct hd_clock *clock, int64_t boot, int64_t real, int64_t *difference)
{
	HD_ASSERT(clock->looked > 0 && boot >= clock->looked);
	int64_t offset = atomic_load_explicit(&clock->page->offset, memory_order_relaxed);
	int64_t passed = boot - clock->looked;
	clock->looked = boot;
	*difference = real - boot - offset;
	if (hd_clock_far(*difference))
		return look_far(clock, boot, offset, *difference);
	int64_t step = slewed(*difference, passed);
	bool back = clock->alarmed != 0;
	clock->alarmed = 0;
	atomic_store(&clock->page->accept, false);
	show(clock, offset + step, *difference - step);
	return back ? HD_CLOCK_BACK : HD_CLOCK_QUIET;
}

bool
hd_clock_due(const struct hd_clock *clock, int64_t boot)
{
	HD_ASSERT(clock->page != NULL);
	bool accept = atomic_load_explicit(&clock->page->accept, memory_order_relaxed);
	return accept || boot - clock->looked >= HD_CLOCK_LOOK_NS;
}
