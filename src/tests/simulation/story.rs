//! What befalls the gateway in a run, and when; all of it drawn from the seed before the run begins.

use std::{sync::Arc, time::Duration};

use loa::domain::Phase;
use tokio::time::Instant;

use super::{
    dice::Dice,
    node::Node,
    time::pass,
    town::Town,
    trouble::{Blow, Side},
    world::{World, lock},
};

/// From here on nothing bad happens any more.
const HEALED_AT: Duration = Duration::from_secs(45);
/// By then everything has come to an end, also if the wall clock was set back.
const OVER_BY: Duration = Duration::from_secs(400);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Calls in which a process dies or stands still.
const STRUCK: [&str; 10] =
    ["claim", "claim", "settle", "settle", "record", "accept", "begin", "freeze", "sweep", "lease"];

#[derive(Debug, Clone)]
enum Event {
    Approve(usize),
    Pause(usize),
    Resume(usize),
    Cancel(usize),
    ResendDoubts(usize),
    LinkDown(usize),
    LinkUp(usize),
    LedgerAway(Duration),
    LeasesAway(Duration),
    ClockBack,
    /// The process of this place dies or stands still in one of its next calls.
    Blow {
        place: usize,
        side: Side,
        freeze: Option<Duration>,
        verb: &'static str,
        calls_left: u64,
    },
    /// Stopped in order and started again.
    Restart(usize),
    Heal,
}

pub(super) struct Story {
    world: Arc<World>,
    town: Town,
    events: Vec<(Duration, Event)>,
    /// By place; a dead one is replaced after a while.
    nodes: Vec<Node>,
    started: usize,
    dead_since: Vec<Option<Instant>>,
    dice: Dice,
}

fn plan(town: &Town, nodes: usize, dice: &mut Dice) -> Vec<(Duration, Event)> {
    let mut events = vec![(HEALED_AT, Event::Heal)];
    for (place, alert) in town.alerts.iter().enumerate() {
        events.push((alert.approve_at, Event::Approve(place)));
        let after = |dice: &mut Dice| alert.approve_at + dice.ms(0..25_000);
        if dice.in_1000(250) {
            let at = after(dice);
            events.push((at, Event::Pause(place)));
            events.push((at + dice.ms(100..15_000), Event::Resume(place)));
        }
        if dice.in_1000(200) {
            events.push((after(dice), Event::Cancel(place)));
        }
        if dice.in_1000(300) {
            events.push((after(dice), Event::ResendDoubts(place)));
        }
    }
    for _ in 0..dice.below(5) {
        let (at, lane) = (dice.ms(500..35_000), dice.below(town.layout.lanes.len() as u64) as usize);
        events.push((at, Event::LinkDown(lane)));
        events.push((at + dice.ms(100..10_000), Event::LinkUp(lane)));
    }
    for _ in 0..dice.below(2) {
        events.push((dice.ms(500..30_000), Event::LedgerAway(dice.ms(200..9_000))));
    }
    for _ in 0..dice.below(2) {
        events.push((dice.ms(500..30_000), Event::LeasesAway(dice.ms(2_000..12_000))));
    }
    if dice.in_1000(250) {
        events.push((dice.ms(1_000..35_000), Event::ClockBack));
    }
    for _ in 0..dice.below(5) {
        let side = if dice.in_1000(500) { Side::Before } else { Side::After };
        let freeze = dice.in_1000(500).then(|| dice.ms(500..14_000));
        let (place, calls_left) = (dice.below(nodes as u64) as usize, dice.below(6));
        let verb = *dice.pick(&STRUCK);
        events.push((dice.ms(300..30_000), Event::Blow { place, side, freeze, verb, calls_left }));
    }
    if dice.in_1000(300) {
        events.push((dice.ms(2_000..42_000), Event::Restart(dice.below(nodes as u64) as usize)));
    }
    events.sort_by_key(|(at, _)| *at);
    events
}

impl Story {
    pub(super) fn new(world: Arc<World>, town: Town) -> Self {
        let mut dice = Dice::of(world.seed, "story");
        let count = *dice.pick(&[1, 2, 2, 3]);
        let events = plan(&town, count, &mut dice);
        let mut story =
            Self { world, town, events, nodes: Vec::new(), started: 0, dead_since: vec![None; count], dice };
        for _ in 0..count {
            let node = story.start();
            story.nodes.push(node);
        }
        for lane in &story.town.layout.lanes {
            let watch = &mut *lock(&story.world.watch);
            watch.lanes.insert(lane.name.clone(), lane.id);
            if lane.standby {
                watch.reserve.insert(lane.name.clone(), lane.name.replace("-2", "-1"));
            }
            tokio::spawn(story.world.clone().pump(lane.name.clone()));
        }
        story
    }

    /// To the end, or to the first thing that went wrong.
    pub(super) async fn tell(mut self) {
        while !self.world.is_wrong() {
            pass(LOOK_EVERY).await;
            let now = self.world.clock.elapsed();
            while self.events.first().is_some_and(|(at, _)| *at <= now) {
                let (_, event) = self.events.remove(0);
                self.happens(event).await;
            }
            self.replace_the_dead();
            if now > HEALED_AT && now.as_millis().is_multiple_of(1_000) && self.is_over() {
                break;
            }
            if now > OVER_BY {
                self.world.wrong("it does not come to rest");
            }
        }
        if self.world.is_wrong() {
            return;
        }
        for node in self.nodes {
            node.stop().await;
        }
        self.world.note("all is at rest");
        self.world.compare();
    }

    fn is_over(&self) -> bool {
        self.nodes.iter().all(|node| node.process.runs()) && self.world.at_rest()
    }

    fn start(&mut self) -> Node {
        self.started += 1;
        Node::start(&self.world, &self.town.layout, format!("node-{}", self.started))
    }

    fn replace_the_dead(&mut self) {
        const DOWN_FOR: std::ops::Range<u64> = 500..8_000;
        for place in 0..self.nodes.len() {
            if !self.nodes[place].process.is_dead() {
                continue;
            }
            match self.dead_since[place] {
                None => self.dead_since[place] = Some(Instant::now() + self.dice.ms(DOWN_FOR)),
                Some(until) if Instant::now() >= until => {
                    self.dead_since[place] = None;
                    self.nodes[place] = self.start();
                }
                Some(_) => {}
            }
        }
    }

    fn wake(&self) {
        for node in self.nodes.iter().filter(|node| node.process.runs()) {
            node.handle.wake();
        }
    }

    async fn happens(&mut self, event: Event) {
        self.world.note(&format!("{event:?}"));
        match event {
            Event::Approve(place) => self.town.approve(&self.world, &self.town.alerts[place]),
            Event::Pause(place) => self.decide(place, &[Phase::Dispatching], Phase::Paused, "pause"),
            Event::Resume(place) => self.decide(place, &[Phase::Paused], Phase::Dispatching, "resume"),
            Event::Cancel(place) => {
                let from = [Phase::Approved, Phase::Dispatching, Phase::Paused];
                self.decide(place, &from, Phase::Cancelled, "cancel");
            }
            Event::ResendDoubts(place) => {
                self.town.resend_doubts(&self.world, self.town.alerts[place].id);
            }
            Event::LinkDown(lane) => self.link(lane, false).await,
            Event::LinkUp(lane) => self.link(lane, true).await,
            Event::LedgerAway(time) => {
                lock(&self.world.trouble).away_until = Some(Instant::now() + time);
            }
            Event::LeasesAway(time) => {
                lock(&self.world.trouble).leases_away_until = Some(Instant::now() + time);
            }
            Event::ClockBack => self.world.clock.set_back(60),
            Event::Blow { place, side, freeze, verb, calls_left } => {
                let process = self.nodes[place].process.name.clone();
                lock(&self.world.trouble).blows.push(Blow { process, side, freeze, verb, calls_left });
            }
            Event::Restart(place) => {
                let next = self.start();
                let node = std::mem::replace(&mut self.nodes[place], next);
                tokio::spawn(node.stop());
            }
            Event::Heal => self.heal().await,
        }
        self.wake();
    }

    fn decide(&self, place: usize, from: &[Phase], to: Phase, action: &str) {
        self.town.change(&self.world, self.town.alerts[place].id, from, to, action);
    }

    async fn link(&self, lane: usize, up: bool) {
        let links = {
            let mut provider = lock(&self.world.provider);
            let name = &self.town.layout.lanes[lane].name;
            let carrier = provider.carriers.get_mut(name).expect("the lane is known");
            carrier.up = up;
            carrier.links.clone()
        };
        for link in links {
            let link = link.clone();
            tokio::spawn(async move { if up { link.restore().await } else { link.cut().await } });
        }
    }

    async fn heal(&self) {
        lock(&self.world.trouble).heal();
        lock(&self.world.provider).heal();
        for lane in 0..self.town.layout.lanes.len() {
            self.link(lane, true).await;
        }
        for place in 0..self.town.alerts.len() {
            self.decide(place, &[Phase::Paused], Phase::Dispatching, "resume");
        }
    }
}
