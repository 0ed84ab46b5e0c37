#include "core/veltrix/scalar.h"

#include "huntd/assert.h"

#define SECOND_NS       INT64_C(1000000000)
#define DAY_S           86400
#define DURATION_NS_MAX (INT64_C(36525) * DAY_S * SECOND_NS)

static bool
is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

/* The digits at the front of `text`, at least one, taken off it. */
static bool
take_digits(struct hd_bytes *text, int64_t *value)
{
	HD_ASSERT(text && value);
	uint32_t count = 0;
	*value = 0;
	for (; count < text->size && is_digit(text->at[count]); count++)
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, text->at[count] - '0', value))
			return false;
	text->at += count;
	text->size -= count;
	return count > 0;
}

bool
hd_scalar_integer(struct hd_bytes text, int64_t *value)
{
	HD_ASSERT(value);
	bool signs = text.size > 0 && (text.at[0] == '-' || text.at[0] == '+');
	int64_t sign = signs && text.at[0] == '-' ? -1 : 1;
	uint32_t at = signs;
	*value = 0;
	for (; at < text.size && is_digit(text.at[at]); at++)
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, sign * (text.at[at] - '0'), value))
			return false;
	HD_ASSERT(at <= text.size);
	return at == text.size && at > (uint32_t)signs;
}

static const struct {
	struct hd_bytes name;
	int64_t ns;
} units[] = {
	{{(const uint8_t *)"ns", 2}, 1},
	{{(const uint8_t *)"us", 2}, 1000},
	{{(const uint8_t *)"ms", 2}, 1000000},
	{{(const uint8_t *)"s", 1}, SECOND_NS},
	{{(const uint8_t *)"m", 1}, 60 * SECOND_NS},
	{{(const uint8_t *)"h", 1}, 3600 * SECOND_NS},
	{{(const uint8_t *)"d", 1}, DAY_S *SECOND_NS},
	{{(const uint8_t *)"w", 1}, 7 * DAY_S *SECOND_NS},
};

bool
hd_scalar_duration(struct hd_bytes text, int64_t *ns)
{
	HD_ASSERT(ns);
	int64_t count;
	if (!take_digits(&text, &count) || count == 0)
		return false;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (hd_bytes_equal(text, units[i].name))
			return !__builtin_mul_overflow(count, units[i].ns, ns) &&
			       *ns <= DURATION_NS_MAX;
	return false;
}

/* Exactly `size` digits, a number from `least` to `most`, then `after` (0: nothing asked). */
static bool
take_field(struct hd_bytes *text, uint32_t size, int least, int most, char after, int *value)
{
	uint32_t whole = size + (after != 0);
	HD_ASSERT(size > 0 && size < 9);
	if (text->size < whole || (after && text->at[size] != (uint8_t)after))
		return false;
	*value = 0;
	for (uint32_t i = 0; i < size; i++) {
		if (!is_digit(text->at[i]))
			return false;
		*value = *value * 10 + (text->at[i] - '0');
	}
	text->at += whole;
	text->size -= whole;
	return *value >= least && *value <= most;
}

static int
days_of_month(int year, int month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	HD_ASSERT(month >= 1 && month <= 12);
	return days[month - 1] + (month == 2 && leap);
}

/* Days from 1970-01-01; a year that starts in March ends with its leap day (Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms", days_from_civil). */
static int64_t
days_since_1970(int year, int month, int day)
{
	HD_ASSERT(year >= 1970 && day >= 1);
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = y / 400, of_era = y % 400;
	int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool
take_date(struct hd_bytes *text, int64_t *seconds)
{
	int year, month, day;
	if (!take_field(text, 4, 1970, 2261, '-', &year) ||
	    !take_field(text, 2, 1, 12, '-', &month) || !take_field(text, 2, 1, 31, 0, &day) ||
	    day > days_of_month(year, month))
		return false;
	*seconds = days_since_1970(year, month, day) * DAY_S;
	return true;
}

static bool
take_one(struct hd_bytes *text, const char *any)
{
	if (text->size == 0 || text->at[0] == 0 || !strchr(any, text->at[0]))
		return false;
	text->at++;
	text->size--;
	return true;
}

static bool
take_clock(struct hd_bytes *text, int64_t *seconds)
{
	int hour, minute, second;
	if (!take_field(text, 2, 0, 23, ':', &hour) || !take_field(text, 2, 0, 59, ':', &minute) ||
	    !take_field(text, 2, 0, 59, 0, &second))
		return false;
	*seconds += hour * 3600 + minute * 60 + second;
	return true;
}

static bool
take_fraction(struct hd_bytes *text, int64_t *ns)
{
	*ns = 0;
	if (!take_one(text, "."))
		return true;
	uint32_t count = 0;
	int64_t unit = SECOND_NS / 10;
	for (; count < text->size && count < 9 && is_digit(text->at[count]); count++) {
		*ns += unit * (text->at[count] - '0');
		unit /= 10;
	}
	text->at += count;
	text->size -= count;
	return count > 0;
}

/* `Z` or `+hh:mm`, as seconds east of UTC, and nothing after it. */
static bool
take_offset(struct hd_bytes *text, int64_t *east)
{
	int hour, minute;
	*east = 0;
	if (take_one(text, "Zz"))
		return text->size == 0;
	bool west = text->size > 0 && text->at[0] == '-';
	if (!take_one(text, "+-") || !take_field(text, 2, 0, 23, ':', &hour) ||
	    !take_field(text, 2, 0, 59, 0, &minute))
		return false;
	*east = (hour * 3600 + minute * 60) * (west ? -1 : 1);
	return text->size == 0;
}

bool
hd_scalar_time(struct hd_bytes text, int64_t *ns)
{
	HD_ASSERT(ns);
	int64_t seconds, fraction, east;
	if (!take_date(&text, &seconds) || !take_one(&text, "Tt ") ||
	    !take_clock(&text, &seconds) || !take_fraction(&text, &fraction) ||
	    !take_offset(&text, &east))
		return false;
	*ns = (seconds - east) * SECOND_NS + fraction;
	return true;
}
