//! The approved text of a dispatch, cut and encoded once and shared by all its messages.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use contract::{Body, SmsBody, SmsEncoding};

use super::Setup;
use crate::{
    domain::{
        AlertId, Encoding, RouteId,
        sms::{Reference, segment_with},
    },
    ledger::AlertRow,
};

/// Texts kept; more alerts than this are never under way at once.
const BODIES_MAX: usize = 64;

#[derive(Debug)]
pub(crate) struct Bodies {
    setup: Arc<Setup>,
    known: Mutex<HashMap<(AlertId, RouteId, i64), Arc<Body>>>,
}

impl Bodies {
    pub(crate) fn new(setup: Arc<Setup>) -> Self {
        Self { setup, known: Mutex::new(HashMap::new()) }
    }

    pub(crate) fn cached(&self, alert: AlertId, route: RouteId) -> Option<Arc<Body>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|((a, r, _), _)| *a == alert && *r == route).map(|(_, body)| body.clone())
    }

    /// # Errors
    /// A sentence why the approved text must not or cannot be sent.
    pub(crate) fn of(&self, alert: &AlertRow, route: RouteId) -> Result<Arc<Body>, String> {
        let key = (alert.id, route, alert.version);
        if let Some(body) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(body.clone());
        }
        let body = Arc::new(self.render(alert, route)?);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= BODIES_MAX {
            known.clear();
        }
        known.insert(key, body.clone());
        Ok(body)
    }

    fn render(&self, alert: &AlertRow, route: RouteId) -> Result<Body, String> {
        let hash = alert.content.hash(alert.severity, alert.kind, alert.mode);
        if alert.approved_hash.as_ref() != Some(&hash) {
            return Err("its content is not the one that was approved".into());
        }
        let setup = self.setup.route(route).ok_or("its route is not served by any lane")?;
        let text = alert.content.sms_text(alert.mode);
        let reference =
            if setup.part_header_octets > 6 { Reference::SixteenBit } else { Reference::EightBit };
        let segments = segment_with(&text, reference);
        let encoding = match segments.encoding {
            Encoding::Gsm7 => SmsEncoding::Gsm7,
            Encoding::Ucs2 => SmsEncoding::Ucs2,
        };
        Ok(Body::Sms(SmsBody { encoding, parts: segments.octets(&text) }))
    }
}
