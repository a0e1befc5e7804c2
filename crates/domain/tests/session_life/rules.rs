//! The rules of the domain, with an optional fault.

use auth_domain::model::session_rules::{self, Change, Decision};
use auth_domain::model::{EndReason, EndSession, Ending, NewSession, Rotate, Rotation, SessionRecord};

use crate::calls::{MARGIN, at};
use crate::fault::Fault;

/// The rules that the service and the invariants use.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    /// A seeded fault.
    pub(crate) fault: Option<Fault>,
}

impl Rules {
    pub(crate) fn rotate(
        self,
        record: Option<&SessionRecord>,
        rotate: &Rotate,
        now: u32,
    ) -> Decision<Rotation> {
        let (Some(fault), Some(record)) = (self.fault, record) else {
            return session_rules::rotate(record, None, rotate, at(now), MARGIN);
        };
        let (mut faulty, mut request) = (record.clone(), rotate.clone());
        fault.perturb_record(&mut faulty, rotate);
        fault.perturb_request(&mut request, record);
        let mut decision = session_rules::rotate(Some(&faulty), None, &request, at(now), MARGIN);
        fault.perturb_decision(&mut decision, record, rotate);
        decision
    }

    pub(crate) fn end(self, record: Option<&SessionRecord>, end: &EndSession, now: u32) -> Decision<Ending> {
        let mut decision = session_rules::end(record, end, at(now), MARGIN);
        if let Some(fault) = self.fault {
            fault.perturb_end(&mut decision, record);
        }
        decision
    }
}

pub(crate) fn open(record: Option<&SessionRecord>, session: &NewSession, now: u32) -> Option<Change> {
    let record = session_rules::open(record, session, at(now))?;
    Some(Change { record, denylist: Vec::new(), user_minute: None })
}

pub(crate) fn end_all<'a>(
    sessions: impl IntoIterator<Item = (u8, &'a SessionRecord)>,
    now: u32,
) -> Vec<(u8, Change)> {
    session_rules::end_all(sessions, EndReason::UserInactive, at(now), MARGIN).1
}
