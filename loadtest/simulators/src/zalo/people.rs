//! Users that the OA knows: followers and those who were.

use super::clock;
use super::script::Follower;
use std::collections::{BTreeSet, HashMap};

/// Users known at most; more are not taken up.
const PEOPLE_MAX: usize = 2_000_000;
const TAGS_PER_USER_MAX: usize = 100;

#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) told: Follower,
    pub(crate) last_interaction_ms: Option<u64>,
    /// Broadcasts received: the day and month they are counted in, and how many.
    day: (u64, u32),
    month: (u64, u32),
}

impl Person {
    fn new(told: Follower, now_ms: u64) -> Self {
        let last_interaction_ms = told.last_interaction_ms_ago.map(|ago| now_ms.saturating_sub(ago));
        Self { told, last_interaction_ms, day: (0, 0), month: (0, 0) }
    }

    /// Counts a broadcast if this person may still get one today and this month.
    pub(crate) fn takes_broadcast(&mut self, now_ms: u64, daily_max: u32, monthly_max: u32) -> bool {
        let (day, month) = (clock::day(now_ms), clock::month(now_ms));
        if self.day.0 != day {
            self.day = (day, 0);
        }
        if self.month.0 != month {
            self.month = (month, 0);
        }
        let takes = self.day.1 < daily_max && self.month.1 < monthly_max;
        self.day.1 += u32::from(takes);
        self.month.1 += u32::from(takes);
        takes
    }
}

#[derive(Debug, Default)]
pub(crate) struct People {
    list: Vec<Person>,
    places: HashMap<String, usize>,
    /// Tags made, also those that nobody has.
    tags: BTreeSet<String>,
}

impl People {
    /// Takes up those who are not known yet.
    pub(crate) fn welcome(&mut self, followers: &[Follower], now_ms: u64) {
        for follower in followers {
            if !self.places.contains_key(&follower.user_id) {
                self.add(follower.clone(), now_ms);
            }
        }
    }

    pub(crate) fn get(&self, user_id: &str) -> Option<&Person> {
        self.places.get(user_id).and_then(|&place| self.list.get(place))
    }

    pub(crate) fn get_mut(&mut self, user_id: &str) -> Option<&mut Person> {
        self.places.get(user_id).and_then(|&place| self.list.get_mut(place))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Person> {
        self.list.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Person> {
        self.list.iter_mut()
    }

    /// The user interacts now; one who was not known is from now on, without following.
    pub(crate) fn interact(&mut self, user_id: &str, now_ms: u64) {
        if !self.places.contains_key(user_id) {
            self.add(Follower { follows: false, ..Follower::new(user_id) }, now_ms);
        }
        if let Some(person) = self.get_mut(user_id) {
            person.last_interaction_ms = Some(now_ms);
        }
    }

    /// The user follows, or follows no more; following is an interaction.
    pub(crate) fn follow(&mut self, user_id: &str, follows: bool, now_ms: u64) {
        if follows {
            self.interact(user_id, now_ms);
        }
        if let Some(person) = self.get_mut(user_id) {
            person.told.follows = follows;
        }
    }

    pub(crate) fn tags(&self) -> impl Iterator<Item = &str> {
        self.tags.iter().map(String::as_str)
    }

    /// Gives the tag, making it where needed; `None`: nobody of this id. `Some(false)`: it was there.
    pub(crate) fn tag(&mut self, user_id: &str, tag: &str) -> Option<bool> {
        let person = self.get_mut(user_id)?;
        let new =
            !person.told.tags.iter().any(|has| has == tag) && person.told.tags.len() < TAGS_PER_USER_MAX;
        if new {
            person.told.tags.push(tag.to_owned());
        }
        self.tags.insert(tag.to_owned());
        Some(new)
    }

    /// Takes the tag away; `None`: nobody of this id. `Some(false)`: it was not there.
    pub(crate) fn untag(&mut self, user_id: &str, tag: &str) -> Option<bool> {
        let person = self.get_mut(user_id)?;
        let before = person.told.tags.len();
        person.told.tags.retain(|has| has != tag);
        Some(person.told.tags.len() < before)
    }

    /// Ends the tag; `false`: there is none.
    pub(crate) fn remove_tag(&mut self, tag: &str) -> bool {
        for person in &mut self.list {
            person.told.tags.retain(|has| has != tag);
        }
        self.tags.remove(tag)
    }

    fn add(&mut self, told: Follower, now_ms: u64) {
        if self.list.len() >= PEOPLE_MAX {
            return;
        }
        self.tags.extend(told.tags.iter().cloned());
        self.places.insert(told.user_id.clone(), self.list.len());
        self.list.push(Person::new(told, now_ms));
    }
}
