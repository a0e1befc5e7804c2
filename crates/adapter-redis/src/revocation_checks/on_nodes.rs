//! Checks in a cluster, where each entry of the denylist is in a slot of its own.

use std::sync::Arc;
use std::time::Instant;

use auth_domain::model::TokenId;
use futures_util::future::join_all;
use redis::{Cmd, Value};

use super::outcome::{Checked, NoCheck};
use crate::connection::Node;
use crate::connections::Connections;
use crate::error::{StoreError, unexpected_reply};
use crate::keys;
use crate::query::after_role;
use crate::replies::{not_one_for_each, success};
use crate::topology::Destination;

/// A token by its place in the batch, and the command that checks it.
type Question = (usize, Cmd);

/// Checks each token on its primary: one pipeline for each node, all at the same time. An error of one node concerns only its
/// tokens.
pub(super) async fn check_on_nodes(
    connections: &Connections,
    tokens: &[TokenId],
    deadline: Instant,
) -> Vec<Checked> {
    let view = connections.topology.view();
    let mut groups: Vec<(Arc<Node>, Vec<Question>)> = Vec::with_capacity(view.nodes().len());
    for (place, id) in tokens.iter().enumerate() {
        let key = keys::revoked(*id);
        // Without a primary the caller looks for one.
        let Some(node) = view.node(Destination::Key(&key)) else { continue };
        let mut exists = redis::cmd("EXISTS");
        exists.arg(&key);
        match groups.iter_mut().find(|(other, _)| Arc::ptr_eq(other, node)) {
            Some((_, questions)) => questions.push((place, exists)),
            None => groups.push((Arc::clone(node), vec![(place, exists)])),
        }
    }
    let mut checked = vec![Err(NoCheck::NotOpen); tokens.len()];
    let answers = groups.into_iter().map(|(node, questions)| ask(connections, node, questions, deadline));
    for (place, answer) in join_all(answers).await.into_iter().flatten() {
        if let Some(checked) = checked.get_mut(place) {
            *checked = answer;
        }
    }
    checked
}

/// Asks one node.
async fn ask(
    connections: &Connections,
    node: Arc<Node>,
    questions: Vec<Question>,
    deadline: Instant,
) -> Vec<(usize, Checked)> {
    let commands = after_role(questions.iter().map(|(_, exists)| exists.clone()));
    let replies = connections.primary_replies(&commands, Destination::Node(&node), deadline).await;
    let replies = replies.and_then(|(_, replies)| {
        if replies.len() == questions.len() { Ok(replies) } else { Err(not_one_for_each()) }
    });
    match replies.map_err(NoCheck::from) {
        Ok(replies) => {
            let answers = questions.into_iter().zip(replies);
            join_all(answers.map(|(question, reply)| answer(connections, question, reply, deadline))).await
        }
        Err(error) => questions.into_iter().map(|(place, _)| (place, Err(error.clone()))).collect(),
    }
}

/// Reads the reply for one token. If its slot has moved, its new primary is asked.
async fn answer(
    connections: &Connections,
    (place, exists): Question,
    reply: Value,
    deadline: Instant,
) -> (usize, Checked) {
    let exists = match success(reply) {
        Ok(Value::Int(exists)) => Ok(exists == 1),
        Ok(_) => Err(StoreError::NotExecuted(unexpected_reply("another type"))),
        Err(_) => connections.query_primary(exists, deadline).await,
    };
    (place, exists.map_err(NoCheck::from))
}
