/* SPDX-License-Identifier: Apache-2.0 */
#include "time_text.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#define MS_A_DAY INT64_C(86400000)

/* The years 0 to 9999, in days since 1970. */
#define FIRST_DAY INT64_C(-719528)
#define LAST_DAY INT64_C(2932896)

/* The date of a day since 1970 in the Gregorian calendar. Years begin in March here, so that the day that may be
 * missing is the last; an era is 400 of them. */
static void date_of(int64_t day, int *year, int *month, int *day_of_month)
{
    int64_t shifted = day + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t of_era = shifted - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t from_march = (5 * of_year + 2) / 153;
    *day_of_month = (int)(of_year - (153 * from_march + 2) / 5 + 1);
    *month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

bool time_text(int64_t ms, char to[TIME_SIZE])
{
    int64_t day = ms / MS_A_DAY - (ms % MS_A_DAY < 0);
    if (day < FIRST_DAY || day > LAST_DAY)
        return false;
    unsigned of_day = (unsigned)(ms - day * MS_A_DAY);
    int year, month, day_of_month;
    date_of(day, &year, &month, &day_of_month);
    snprintf(to, TIME_SIZE, "%04d-%02d-%02dT%02u:%02u:%02u.%03uZ", year % 10000, month % 100, day_of_month % 100,
             of_day / 3600000 % 24, of_day / 60000 % 60, of_day / 1000 % 60, of_day % 1000);
    return true;
}

void duration_text(uint64_t ms, char to[DURATION_SIZE])
{
    static const struct {
        uint64_t ms;
        const char *name;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"}, {1000, "s"}, {1, "ms"}};
    enum { LAST = sizeof units / sizeof units[0] - 1 };
    size_t i = 0;
    while (i < LAST && ms < units[i].ms)
        i++;
    uint64_t rest = i < LAST ? ms % units[i].ms / units[i + 1].ms : 0;
    int n = snprintf(to, DURATION_SIZE, "%" PRIu64 " %s", ms / units[i].ms, units[i].name);
    if (rest != 0 && n > 0 && n < DURATION_SIZE)
        snprintf(to + n, (size_t)(DURATION_SIZE - n), " %" PRIu64 " %s", rest, units[i + 1].name);
}
