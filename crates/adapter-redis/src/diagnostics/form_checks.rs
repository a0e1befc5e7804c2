//! The checks of the form of Redis: of the sentinels, or of the nodes of a cluster.

use std::error::Error;

use auth_domain::model::RequestTime;
use auth_domain::ports::{Check, PortError, PortErrorKind};
use redis::{Pipeline, Value};

use super::cluster_checks::cluster_checks;
use super::sentinel_checks::{SentinelReply, sentinel_checks};
use crate::address::Form;
use crate::error::StoreResult;
use crate::replies::{exactly, read, success};
use crate::store::RedisStore;
use crate::topology_state::SentinelState;

impl RedisStore {
    /// Checks the sentinels or the nodes; nothing for one server.
    pub(super) async fn form_checks(&self, request_time: RequestTime) -> Vec<Check> {
        let target = self.connections().connector().target();
        match target.form() {
            Form::Single(_) => Vec::new(),
            Form::Sentinel(form) => self.ask_sentinels(&form.primary, request_time).await,
            Form::Cluster(_) => self.ask_nodes(request_time).await,
        }
    }

    async fn ask_sentinels(&self, primary: &str, request_time: RequestTime) -> Vec<Check> {
        let topology = &self.connections().topology;
        // What `topology` returns is of the last discovery.
        let found = topology.refresh(request_time.deadline()).await;
        let mut commands = Pipeline::new();
        commands.cmd("SENTINEL").arg("CKQUORUM").arg(primary);
        commands.cmd("SENTINEL").arg("SENTINELS").arg(primary);
        let answers = topology.ask_configured(&commands, request_time.deadline()).await;
        let state = self.topology();
        let Some(followed) = state.primaries.first().filter(|_| found.is_ok()) else { return Vec::new() };
        let replies = state.sentinels.into_iter().map(|sentinel| {
            let answer = answers.iter().find(|(address, _)| address.to_string() == sentinel.address);
            reply(sentinel, answer.and_then(|(_, answer)| answer.as_ref().ok()))
        });
        sentinel_checks(&followed.address, &replies.collect::<Vec<_>>())
    }

    async fn ask_nodes(&self, request_time: RequestTime) -> Vec<Check> {
        let mut commands = Pipeline::new();
        commands.cmd("CLUSTER").arg("NODES");
        let answers = self.connections().topology.ask_configured(&commands, request_time.deadline()).await;
        let nodes = |answer: StoreResult<Vec<Value>>| {
            let [nodes] = exactly(answer?)?;
            read::<String>(success(nodes)?)
        };
        let (mut views, mut rejection) = (Vec::new(), None);
        for answer in answers.into_iter().map(|(_, answer)| nodes(answer).map_err(PortError::from)) {
            match answer {
                Ok(view) => views.push(view),
                Err(error) => rejection = rejection.or_else(|| missing_right(&error)),
            }
        }
        match (views.first(), rejection) {
            (Some(nodes), _) => cluster_checks(nodes),
            (None, Some(rejection)) => vec![Check::warning(format!(
                "failed nodes of the cluster cannot be found ({rejection}); grant +cluster|nodes to the user on each node"
            ))],
            // `primary_checks` reports the error.
            (None, None) => Vec::new(),
        }
    }
}

/// Returns the text of an error of a user who may not ask.
fn missing_right(error: &PortError) -> Option<String> {
    let text = error.source().map_or_else(String::new, ToString::to_string);
    (error.kind() == PortErrorKind::Misconfigured && text.contains("no permissions")).then_some(text)
}

fn reply(sentinel: SentinelState, answer: Option<&Vec<Value>>) -> SentinelReply {
    let text = |error: &PortError| error.source().map_or_else(String::new, ToString::to_string);
    let quorum = answer.and_then(|replies| replies.first());
    let no_quorum = quorum.and_then(|reply| match reply {
        Value::ServerError(error) if error.code() == "NOQUORUM" => {
            Some(error.details().unwrap_or_default().to_owned())
        }
        _ => None,
    });
    let unchecked = answer.into_iter().flatten().find_map(|reply| {
        let error = success(reply.clone()).err().map(PortError::from)?;
        missing_right(&error)
    });
    let others = answer.and_then(|replies| match replies.get(1) {
        Some(Value::Array(others)) => Some(others.len()),
        _ => None,
    });
    SentinelReply {
        address: sentinel.address,
        primary: sentinel.view.map(|(primary, _)| primary).map_err(|error| (error.kind(), text(&error))),
        no_quorum,
        unchecked,
        others,
    }
}
