//! The dates under which a skill runs once more: those that its code names, and those that time bombs are known for.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::native::clock::SHIFT;

const DAY: u64 = 86_400;
/// Further dates that code names.
const MOST: usize = 6;
/// Nobody waits that long.
const LAST_YEAR: u64 = 2100;

/// How far the clock goes ahead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dates {
    /// For the whole run.
    pub(crate) run: Duration,
    /// For single calls of each function.
    pub(crate) calls: Vec<Duration>,
}

impl Dates {
    /// Ahead of now, for code of these bytes.
    pub(crate) fn of<'a>(code: impl Iterator<Item = &'a [u8]>) -> Self {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self::at(now.as_secs(), code)
    }

    fn at<'a>(now: u64, code: impl Iterator<Item = &'a [u8]>) -> Self {
        let named: BTreeSet<u64> = code
            .flat_map(|code| named(code, now))
            .filter(|then| *then > now && *then < first_of(LAST_YEAR))
            .collect();
        let ahead = |then: u64| Duration::from_secs(then.saturating_sub(now));
        // Past every date that the code waits for, thresholds are passed; on the day itself, equalities hold.
        let latest = named.last().map(|then| ahead(then + DAY));
        let known = known(now).into_iter().filter(|then| *then > now);
        Self {
            run: latest.map_or(SHIFT, |latest| latest.max(SHIFT)),
            calls: named
                .iter()
                .rev()
                .take(MOST)
                .copied()
                .chain(known)
                .map(ahead)
                .collect(),
        }
    }
}

/// At hours that are the same day in every zone of the run: 29 February, a new year, Christmas, Friday the 13th, the other part of the week at the other part of the day, and
/// the day after 32 bits of seconds.
fn known(now: u64) -> Vec<u64> {
    let today = now / DAY;
    let days = today + 1..today + 9 * 366;
    let next =
        |wanted: &dyn Fn(u64) -> bool| days.clone().find(|day| wanted(*day)).unwrap_or(today);
    let on = |month, date| {
        next(&move |day| {
            let (_, m, d) = civil(day);
            (m, d) == (month, date)
        })
    };
    let friday = next(&|day| civil(day).2 == 13 && weekday(day) == 5);
    let is_weekend = |day| [0, 6].contains(&weekday(day));
    let other = next(&|day| is_weekend(day) != is_weekend(today));
    let hour = (now % DAY + DAY / 2) % DAY;
    vec![
        other * DAY + hour,
        on(2, 29) * DAY + DAY / 2,
        on(1, 1) * DAY + 30,
        on(12, 25) * DAY + DAY / 2,
        friday * DAY + DAY / 2,
        (1 << 31) + DAY,
    ]
}

/// Dates that stand in code: `2027-03-01`, `2027/3/1`, `(2027, 3, 1)`, `2027` alone, and seconds or thousandths since 1970.
fn named(code: &[u8], now: u64) -> Vec<u64> {
    let numbers = numbers(code);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((start, end, number)) = numbers.get(at).copied() {
        let part = |index: usize| numbers.get(index).copied();
        let between = |end: usize, start: usize| code.get(end..start).map(<[u8]>::trim_ascii);
        let date = part(at + 1).zip(part(at + 2)).filter(|(month, day)| {
            let separator = between(end, month.0);
            separator == between(month.1, day.0)
                && [&b"-"[..], b"/", b",", b"."]
                    .iter()
                    .any(|one| separator == Some(*one))
                && (1..=12).contains(&month.2)
                && (1..=31).contains(&day.2)
        });
        let is_year = end - start == 4 && number < LAST_YEAR;
        match date {
            Some(((.., month), (.., day))) if is_year => {
                found.push(days(number, month, day) * DAY + DAY / 2);
                at += 2;
            }
            // Somewhere in that year, if it is one.
            _ if is_year && number > civil(now / DAY).0 => {
                found.push(days(number, 7, 2) * DAY + DAY / 2)
            }
            _ if end - start == 10 => found.push(number + 1),
            _ if end - start == 13 => found.push(number / 1000 + 1),
            _ => {}
        }
        at += 1;
    }
    found
}

/// Runs of digits that belong to no name: start, end, value.
fn numbers(code: &[u8]) -> Vec<(usize, usize, u64)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = code.get(at..) {
        let Some(start) = rest
            .iter()
            .position(u8::is_ascii_digit)
            .map(|first| at + first)
        else {
            break;
        };
        let digits = code.get(start..).unwrap_or_default();
        let length = digits
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        at = start + length;
        let before = start.checked_sub(1).and_then(|before| code.get(before));
        let named = before.is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
        let text = digits
            .get(..length)
            .and_then(|text| std::str::from_utf8(text).ok());
        let value = text.and_then(|text| text.parse().ok());
        found.extend(value.filter(|_| !named).map(|value| (start, at, value)));
    }
    found
}

fn first_of(year: u64) -> u64 {
    days(year, 1, 1) * DAY
}

const fn weekday(day: u64) -> u64 {
    // The first of them was a Thursday.
    (day + 4) % 7
}

/// Days since 1970 of a date of the Gregorian calendar, by eras of 400 years that begin in March.
const fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    days.saturating_sub(719_468)
}

/// Year, month and day of a number of days since 1970.
const fn civil(day: u64) -> (u64, u64, u64) {
    let day = day + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400;
    (if month <= 2 { year + 1 } else { year }, month, date)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    /// Saturday, 21 November 2026, 09:00:00.
    const NOW: u64 = 20_778 * DAY + 9 * 3600;

    fn shown(now: u64, ahead: Duration) -> String {
        let then = now + ahead.as_secs();
        let (year, month, day) = civil(then / DAY);
        let (hour, minute) = (then % DAY / 3600, then % 3600 / 60);
        format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}")
    }

    fn check(code: &str, expected: &expect_test::Expect) {
        let dates = Dates::at(NOW, std::iter::once(code.as_bytes()));
        let mut text = format!("run {}\n", shown(NOW, dates.run));
        for call in &dates.calls[..dates.calls.len() - 6] {
            text += &format!("call {}\n", shown(NOW, *call));
        }
        expected.assert_eq(&text);
    }

    #[test]
    fn the_calendar_goes_there_and_back() {
        for day in (0..80_000).step_by(13) {
            let (year, month, date) = civil(day);
            assert_eq!(days(year, month, date), day);
        }
        assert_eq!(civil(NOW / DAY), (2026, 11, 21));
        assert_eq!(weekday(NOW / DAY), 6);
    }

    #[test]
    fn without_a_date_in_the_code_the_known_ones_are_tried() {
        let dates = Dates::at(NOW, std::iter::empty());
        let calls: Vec<String> = dates.calls.iter().map(|call| shown(NOW, *call)).collect();
        assert_eq!(dates.run, SHIFT);
        assert_eq!(
            calls,
            [
                "2026-11-23 21:00",
                "2028-02-29 12:00",
                "2027-01-01 00:00",
                "2026-12-25 12:00",
                "2027-08-13 12:00",
                "2038-01-20 03:14",
            ]
        );
    }

    #[test]
    fn dates_in_code_are_waited_for_and_passed() {
        check(
            "if date.today() >= date(2031, 4, 1): bomb()\nEND = '2029-12-24'\n",
            &expect![[r"
                run 2031-04-02 12:00
                call 2031-04-01 12:00
                call 2029-12-24 12:00
            "]],
        );
        check(
            "if datetime.now().year >= 2030: bomb()",
            &expect![[r"
                run 2030-07-03 12:00
                call 2030-07-02 12:00
            "]],
        );
        check(
            "if time.time() > 1900000000 or ms > 1900000000000: bomb()",
            &expect![[r"
                run 2030-03-18 17:46
                call 2030-03-17 17:46
            "]],
        );
    }

    #[test]
    fn what_is_past_or_no_date_says_nothing() {
        check(
            "x2031 = 5; released = '2024-01-31'; big = 99999999999999999999999; port = 8080; n = 2500; _2040 = 1",
            &expect![[r"
                run 2027-12-26 16:13
            "]],
        );
    }

    #[test]
    fn bytes_of_any_kind_are_read() {
        for code in [
            &b"2031-"[..],
            b"2031-1",
            b"\xff2031\xff-13-45",
            b"20310102030405060708",
        ] {
            let _never_panics = Dates::at(NOW, std::iter::once(code));
        }
    }
}
