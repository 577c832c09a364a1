//! How many requests came in a minute: in minutes of the clock for the limits, in any minute for the
//! account of it.

use super::script::ZaloScript;
use std::collections::VecDeque;

/// What a request counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Template,
    Oa,
    Article,
}

/// What is left of a limit after a request, as the headers tell.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Room {
    pub(crate) limit: u32,
    pub(crate) remain: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    App,
    Oa,
}

#[derive(Debug, Default)]
pub(crate) struct Rates {
    minute: u64,
    app: u32,
    articles: u32,
    oa: u32,
    any: SlidingMinute,
}

impl Rates {
    /// Counts a request; the room left, or whose limit it is above. Refused ones use nothing up.
    pub(crate) fn arrive(
        &mut self,
        script: &ZaloScript,
        kind: Kind,
        now_ms: u64,
    ) -> (Room, Result<(), Over>) {
        let minute_ms = script.rate.minute_ms.max(1);
        self.any.arrive(now_ms, minute_ms);
        if self.minute != now_ms / minute_ms {
            (self.minute, self.app, self.articles, self.oa) = (now_ms / minute_ms, 0, 0, 0);
        }
        let (used, limit) = match kind {
            Kind::Article => (&mut self.articles, script.rate.article_per_minute),
            Kind::Oa | Kind::Template => (&mut self.app, script.rate_per_minute),
        };
        if *used >= limit {
            return (Room { limit, remain: 0 }, Err(Over::App));
        }
        if let Some(limit) = script.rate.oa_per_minute.filter(|_| kind != Kind::Template) {
            if self.oa >= limit {
                return (Room { limit, remain: 0 }, Err(Over::Oa));
            }
            self.oa += 1;
            *used += 1;
            return (Room { limit, remain: limit - self.oa }, Ok(()));
        }
        *used += 1;
        (Room { limit, remain: limit - *used }, Ok(()))
    }

    pub(crate) fn max_in_any_minute(&self) -> u32 {
        self.any.most
    }
}

/// Requests within any minute, those above a limit too.
#[derive(Debug, Default)]
struct SlidingMinute {
    /// Moments and how many came in them: bounded by the milliseconds of a minute.
    runs: VecDeque<(u64, u32)>,
    now: u32,
    most: u32,
}

impl SlidingMinute {
    fn arrive(&mut self, now_ms: u64, minute_ms: u64) {
        while let Some(&(_, count)) = self.runs.front().filter(|(at_ms, _)| at_ms + minute_ms <= now_ms) {
            self.now -= count;
            self.runs.pop_front();
        }
        match self.runs.back_mut() {
            Some((at_ms, count)) if *at_ms == now_ms => *count += 1,
            _ => self.runs.push_back((now_ms, 1)),
        }
        self.now += 1;
        self.most = self.most.max(self.now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zalo::script::RateScript;

    #[test]
    fn limits_start_anew_with_the_minute_and_the_account_slides() {
        let rate = RateScript { article_per_minute: 1, ..RateScript::default() };
        let script = ZaloScript { rate_per_minute: 3, rate, ..ZaloScript::default() };
        let mut rates = Rates::default();
        let mut arrive = |kind, now_ms| rates.arrive(&script, kind, now_ms);
        for remain in [2, 1, 0] {
            let (room, passed) = arrive(Kind::Oa, 59_000);
            assert_eq!((room.limit, room.remain, passed), (3, remain, Ok(())));
        }
        assert_eq!(arrive(Kind::Template, 59_500).1, Err(Over::App));
        assert_eq!(arrive(Kind::Article, 59_500).1, Ok(()), "articles have a limit of their own");
        assert_eq!(arrive(Kind::Article, 59_500).1, Err(Over::App));
        assert_eq!(arrive(Kind::Template, 60_000).1, Ok(()));
        assert_eq!(arrive(Kind::Template, 119_001).1, Ok(()));
        assert_eq!(rates.max_in_any_minute(), 7);
    }

    #[test]
    fn templates_do_not_count_for_the_oa() {
        let rate = RateScript { oa_per_minute: Some(1), ..RateScript::default() };
        let script = ZaloScript { rate, ..ZaloScript::default() };
        let mut rates = Rates::default();
        assert_eq!(rates.arrive(&script, Kind::Oa, 1).1, Ok(()));
        assert_eq!(rates.arrive(&script, Kind::Oa, 2).1, Err(Over::Oa));
        assert_eq!(rates.arrive(&script, Kind::Template, 3).1, Ok(()));
    }
}
