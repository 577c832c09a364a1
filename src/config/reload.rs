//! What of new settings can be taken while the gateway works.

use super::{Config, Lane};

impl Config {
    /// Takes over what can change without a restart: lanes, rates, shared quotas, routing, plans.
    pub fn take_reloadable(&mut self, new: &Self) {
        self.lanes.clone_from(&new.lanes);
        self.quotas.clone_from(&new.quotas);
        self.routing.clone_from(&new.routing);
        self.plans.clone_from(&new.plans);
        self.parts_max = new.parts_max;
    }

    /// Sections that differ in what only a restart can take.
    #[must_use]
    pub fn needing_restart(&self, new: &Self) -> Vec<&'static str> {
        let sections: [(&'static str, bool); 6] = [
            ("server", self.server != new.server),
            ("ledger", self.ledger != new.ledger),
            ("coordination", self.coordination != new.coordination),
            ("node", self.node != new.node),
            ("log", self.log != new.log),
            ("sending", self.sending != new.sending),
        ];
        sections.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    }

    /// Names of lanes that are the same in both but for their rate.
    #[must_use]
    pub fn lanes_alike(&self, new: &Self) -> Vec<String> {
        let alike = |lane: &&Lane| {
            let before = self.lanes.iter().find(|before| before.name == lane.name);
            before.is_some_and(|before| {
                Lane { rate: lane.rate, ..before.clone() } == **lane
                    && lane.quota.as_ref().is_none_or(|name| self.quotas.get(name) == new.quotas.get(name))
            })
        };
        new.lanes.iter().filter(alike).map(|lane| lane.name.clone()).collect()
    }
}
