//! The carriers: what they really took, and what they say about it. They count by themselves; no process of the gateway
//! can change what is written here by dying.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use contract::{
    Answer, Clock, PartReference, Reason, ReasonClass, Receipt, ReceiptVerdict, Scope, Submission, Ticket,
};
use loa::domain::{AlertId, MessageKey, RouteId};
use tokio::time::Instant;

use super::{
    dice::Dice,
    link::Link,
    process::Process,
    time::pass,
    world::{World, lock},
};

/// An account at a carrier.
#[derive(Debug)]
pub(super) struct Carrier {
    /// Parts per second.
    granted: u32,
    dice: Dice,
    habits: Habits,
    pub(super) up: bool,
    calm: bool,
    /// Since when its owner has a link that works.
    up_since: Option<Instant>,
    pub(super) links: Vec<Arc<Link>>,
    arrivals: VecDeque<(Instant, u32)>,
    /// The epoch in which they arrived.
    counted_for: i64,
    outbox: BTreeMap<(Instant, u64), Outgoing>,
    numbers: u64,
    /// Receipts that left and are not acknowledged yet.
    under_way: usize,
}

/// How often, in a thousand.
#[derive(Debug)]
struct Habits {
    refuses: u64,
    throttles: u64,
    loses: u64,
    breaks_off: u64,
    fails: u64,
    keeps_silent: u64,
    repeats: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    pub(super) key: MessageKey,
    pub(super) part: u8,
    pub(super) receipt: Receipt,
}

/// What became of one submission.
#[derive(Debug)]
pub(super) struct Fate {
    pub(super) accepted: Vec<PartReference>,
    /// And after how long; `None`: the answer is lost.
    pub(super) answer: Option<(Answer, Duration)>,
    /// The answer comes this long after it was given up.
    pub(super) late: Option<Duration>,
}

/// What the carriers' books say of a part.
#[derive(Debug, Default)]
pub(super) struct Booked {
    /// Attempt, and whether the ledger had called it a possible repeat.
    pub(super) accepted: Vec<(i32, bool)>,
    /// Receipts that were sent out, in order; true: acknowledged.
    pub(super) receipts: Vec<(String, ReceiptVerdict, bool)>,
}

#[derive(Debug)]
pub(super) struct Provider {
    pub(super) carriers: BTreeMap<String, Carrier>,
    pub(super) books: BTreeMap<(MessageKey, u8), Booked>,
}

pub(super) fn key_of(ticket: &Ticket) -> MessageKey {
    MessageKey { alert: AlertId(ticket.alert), route: RouteId(ticket.route), seq: ticket.seq }
}

fn reason(class: ReasonClass, code: &str) -> Reason {
    Reason { class, code: code.to_owned(), text: format!("the carrier says {code}") }
}

impl Provider {
    pub(super) fn new(seed: u64, lanes: &[(String, u32)]) -> Self {
        let carrier = |(lane, granted): &(String, u32)| (lane.clone(), Carrier::new(seed, lane, *granted));
        Self { carriers: lanes.iter().map(carrier).collect(), books: BTreeMap::new() }
    }

    /// No message is in anybody's hands any more.
    pub(super) fn at_rest(&self) -> bool {
        self.carriers.values().all(|carrier| carrier.outbox.is_empty() && carrier.under_way == 0)
    }

    pub(super) fn heal(&mut self) {
        for carrier in self.carriers.values_mut() {
            carrier.calm = true;
        }
    }
}

impl Carrier {
    fn new(seed: u64, lane: &str, granted: u32) -> Self {
        let mut dice = Dice::of(seed, lane);
        let habits = Habits {
            refuses: *dice.pick(&[0, 20, 100]),
            throttles: *dice.pick(&[0, 0, 10, 80]),
            loses: *dice.pick(&[0, 10, 60]),
            breaks_off: *dice.pick(&[0, 50, 200]),
            fails: *dice.pick(&[0, 50, 200]),
            keeps_silent: *dice.pick(&[0, 20, 200]),
            repeats: *dice.pick(&[0, 50, 300]),
        };
        Self {
            granted,
            dice,
            habits,
            up: true,
            calm: false,
            up_since: None,
            links: Vec::new(),
            arrivals: VecDeque::new(),
            counted_for: 0,
            outbox: BTreeMap::new(),
            numbers: 0,
            under_way: 0,
        }
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// Parts within the last second, these included.
    fn count(&mut self, parts: u32) -> u32 {
        let now = Instant::now();
        while self.arrivals.front().is_some_and(|(at, _)| now - *at >= Duration::from_secs(1)) {
            self.arrivals.pop_front();
        }
        self.arrivals.push_back((now, parts));
        self.arrivals.iter().map(|(_, parts)| parts).sum()
    }

    /// How many of the parts it takes, and what it says.
    fn decide(&mut self, parts: usize) -> (usize, Option<Answer>) {
        let dice = &mut self.dice;
        if self.calm {
            return (parts, Some(Answer::Accepted));
        }
        let taken = if dice.in_1000(self.habits.breaks_off) { dice.below(parts as u64) as usize } else { 0 };
        if dice.in_1000(self.habits.loses) {
            return (if dice.in_1000(600) { parts } else { taken }, None);
        }
        if dice.in_1000(self.habits.throttles) {
            let retry_after = dice.ms(100..3000);
            let reason = reason(ReasonClass::Temporary, "throttled");
            return (taken, Some(Answer::Throttled { reason, retry_after }));
        }
        if dice.in_1000(self.habits.refuses) {
            let classes = [
                ReasonClass::Temporary,
                ReasonClass::Temporary,
                ReasonClass::Permanent,
                ReasonClass::Unknown,
            ];
            let scopes = [Scope::Message, Scope::Recipient, Scope::Recipient, Scope::Recipient];
            let scope = if dice.in_1000(30) { Scope::Lane } else { *dice.pick(&scopes) };
            let reason = reason(*dice.pick(&classes), "refused");
            return (taken, Some(Answer::Refused { reason, scope }));
        }
        (parts, Some(Answer::Accepted))
    }

    /// What it will say of a part that it took.
    fn promise(&mut self, booked: &Outgoing, wall: &impl Clock) {
        let dice = &mut self.dice;
        if dice.in_1000(self.habits.keeps_silent) {
            return;
        }
        let verdict =
            if dice.in_1000(self.habits.fails) { ReceiptVerdict::Failed } else { ReceiptVerdict::Delivered };
        let first = if dice.in_1000(200) { Duration::ZERO } else { dice.ms(5..8_000) };
        let mut says = vec![(first, verdict)];
        if dice.in_1000(self.habits.repeats) {
            says.push((dice.ms(0..9_000), verdict));
        }
        if dice.in_1000(self.habits.repeats / 4) {
            let verdicts = [ReceiptVerdict::Delivered, ReceiptVerdict::Failed];
            says.push((dice.ms(0..9_000), *dice.pick(&verdicts)));
        }
        if dice.in_1000(self.habits.repeats / 2) {
            let verdicts = [ReceiptVerdict::Progress, ReceiptVerdict::Unknown];
            says.push((dice.ms(0..4_000), *dice.pick(&verdicts)));
        }
        for (after, verdict) in says {
            let mut outgoing = booked.clone();
            outgoing.receipt.verdict = verdict;
            outgoing.receipt.provider_at = Some(wall.now());
            let number = self.number();
            self.outbox.insert((Instant::now() + after, number), outgoing);
        }
    }

    fn due(&mut self) -> Vec<Outgoing> {
        const BATCH_MAX: usize = 20;
        let now = Instant::now();
        let due: Vec<_> = self.outbox.range(..=(now, u64::MAX)).map(|(at, _)| *at).take(BATCH_MAX).collect();
        due.iter().filter_map(|at| self.outbox.remove(at)).collect()
    }
}

impl World {
    /// A submission arrives at the carrier: it is counted, booked and answered.
    pub(super) fn arrives(&self, lane: &str, process: &Process, submission: &Submission) -> Fate {
        let key = key_of(&submission.ticket);
        let attempt = submission.ticket.attempt;
        let name = format!("{key} attempt {attempt} by {} on {lane}", process.name);
        let repeat = self.may_repeat(&name, &submission.ticket);
        if self.clock.now() >= submission.expires_at {
            self.wrong(&format!("{name}: it has expired"));
        }
        let parts: Vec<u8> = (1..=submission.body.parts())
            .filter_map(|part| u8::try_from(part).ok())
            .filter(|part| !submission.parts_done.contains(part))
            .collect();
        let lawful = self.owns(&process.name, lane);
        let epoch = self.epoch(lane);
        // What was on its way when the process was stopped leaves when it goes on; nothing more may.
        if !lawful && !process.just_thawed() {
            self.wrong(&format!("{name}: the lane is another's"));
        }
        self.look_at_reserve(&name, lane);
        let provider = &mut *lock(&self.provider);
        let carrier = provider.carriers.get_mut(lane).expect("the lane is known");
        // An owner does not know what the one before it sent in its last second.
        if carrier.counted_for != epoch {
            carrier.counted_for = epoch;
            carrier.arrivals.clear();
        }
        let second = if lawful { carrier.count(parts.len() as u32) } else { 0 };
        if second > carrier.granted {
            self.wrong(&format!("{name}: {second} parts in a second, granted are {}", carrier.granted));
        }
        let (taken, answer) = carrier.decide(parts.len());
        let mut accepted = Vec::new();
        for part in parts.iter().copied().take(taken) {
            let reference = format!("{lane}-{}", carrier.number());
            let booked = provider.books.entry((key, part)).or_default();
            if booked.accepted.iter().any(|(earlier, _)| *earlier == attempt) {
                self.wrong(&format!("{name}: the same attempt arrives twice"));
            }
            booked.accepted.push((attempt, repeat));
            if booked.accepted.iter().filter(|(_, repeat)| !repeat).count() > 1 {
                let all = &booked.accepted;
                self.wrong(&format!("{name}: part {part} is taken again and nobody said so: {all:?}"));
            }
            let receipt = Receipt {
                references: vec![reference.clone()],
                address: Some(submission.address.to_string()),
                verdict: ReceiptVerdict::Unknown,
                code: Some("000".into()),
                provider_at: None,
                raw: None,
            };
            carrier.promise(&Outgoing { key, part, receipt }, &*self.clock);
            accepted.push(PartReference { part, reference });
        }
        let answer = answer.map(|answer| (answer, carrier.dice.ms(5..600)));
        let late = (answer.is_none() && carrier.dice.in_1000(400)).then(|| carrier.dice.ms(10..5_000));
        let said = answer.as_ref().map(|(answer, _)| answer);
        self.note(&format!("{name}: takes {taken} of {}, says {said:?}", parts.len()));
        Fate { accepted, answer, late }
    }

    /// A lane in reserve is silent while the one it stands in for works; its node hears of that with some delay.
    fn look_at_reserve(&self, name: &str, lane: &str) {
        const HEARD_WITHIN: Duration = Duration::from_secs(8);
        let first = lock(&self.watch).reserve.get(lane).cloned();
        let Some(first) = first else { return };
        let owned =
            |link: &Arc<Link>| link.is_up() && link.process.runs() && self.owns(&link.process.name, &first);
        // Noted now and then only; it has to be so in this moment too.
        let up_since = lock(&self.provider)
            .carriers
            .get(&first)
            .filter(|carrier| carrier.links.iter().any(owned))
            .and_then(|carrier| carrier.up_since);
        let up = up_since.is_some_and(|since| since.elapsed() >= HEARD_WITHIN);
        if up && lock(&self.trouble).calm_for(HEARD_WITHIN) {
            self.wrong(&format!("{name}: it is in reserve, and {first} works"));
        }
    }

    /// The claim that allows this attempt; true: the ledger knows that it may be a repetition.
    fn may_repeat(&self, name: &str, ticket: &Ticket) -> bool {
        let watch = lock(&self.watch);
        let claim = watch.claims.get(&ticket.claim);
        let allowed = claim.and_then(|attempts| attempts.get(&(key_of(ticket), ticket.attempt)));
        if allowed.is_none() {
            self.wrong(&format!("{name}: it leaves without a claim"));
        }
        allowed.copied().unwrap_or_default()
    }

    /// Its connections end; the carriers know no more of it.
    pub(super) fn kill(&self, process: &Process) {
        process.kill();
        for carrier in lock(&self.provider).carriers.values_mut() {
            carrier.links.retain(|link| link.process.name != process.name);
        }
    }

    /// Sends receipts out as they are due, over any link of the account, until they are acknowledged.
    pub(super) async fn pump(self: Arc<Self>, lane: String) {
        const LOOK_EVERY: Duration = Duration::from_millis(100);
        loop {
            pass(LOOK_EVERY).await;
            let owned = |link: &Arc<Link>| link.process.runs() && self.owns(&link.process.name, &lane);
            let (link, due) = {
                let provider = &mut *lock(&self.provider);
                let carrier = provider.carriers.get_mut(&lane).expect("the lane is known");
                let links: Vec<_> = carrier.links.iter().filter(|link| link.is_up()).cloned().collect();
                let works = links.iter().any(owned);
                carrier.up_since = works.then(|| carrier.up_since.unwrap_or_else(Instant::now));
                if links.is_empty() {
                    continue;
                }
                let link = carrier.dice.pick(&links).clone();
                let due = carrier.due();
                carrier.under_way += due.len();
                for outgoing in &due {
                    let told = &mut provider.books.entry((outgoing.key, outgoing.part)).or_default().receipts;
                    let receipt = &outgoing.receipt;
                    told.push((receipt.references[0].clone(), receipt.verdict, false));
                }
                (link, due)
            };
            if !due.is_empty() {
                tokio::spawn(self.clone().deliver(lane.clone(), link, due));
            }
        }
    }

    async fn deliver(self: Arc<Self>, lane: String, link: Arc<Link>, due: Vec<Outgoing>) {
        /// The carrier waits no longer for an acknowledgement; then it sends the receipts again.
        const PATIENCE: Duration = Duration::from_secs(5);
        const AGAIN_AFTER: Duration = Duration::from_secs(1);
        let receipts: Vec<_> = due.iter().map(|outgoing| outgoing.receipt.clone()).collect();
        let told = tokio::time::timeout(PATIENCE, link.receives(receipts)).await.unwrap_or(false);
        self.note(&format!("{lane}: {} receipts by {}, kept: {told}", due.len(), link.process.name));
        let provider = &mut *lock(&self.provider);
        let carrier = provider.carriers.get_mut(&lane).expect("the lane is known");
        carrier.under_way -= due.len();
        for outgoing in due {
            if told {
                let booked = provider.books.entry((outgoing.key, outgoing.part)).or_default();
                let (reference, verdict) = (&outgoing.receipt.references[0], outgoing.receipt.verdict);
                for one in &mut booked.receipts {
                    one.2 |= one.0 == *reference && one.1 == verdict;
                }
            } else {
                let number = carrier.number();
                carrier.outbox.insert((Instant::now() + AGAIN_AFTER, number), outgoing);
            }
        }
    }
}
