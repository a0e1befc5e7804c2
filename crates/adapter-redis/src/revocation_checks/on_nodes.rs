//! Checks in a cluster, where each entry of the denylist is in a slot of its own.

use std::sync::Arc;
use std::time::Instant;

use auth_domain::model::TokenId;
use futures_util::future::join_all;
use redis::{Cmd, Value};

use super::command::exists;
use super::outcome::{Checked, NoCheck};
use crate::connection::Node;
use crate::connections::Connections;
use crate::error::StoreError;
use crate::keys;
use crate::query::after_role;
use crate::replies::read;
use crate::server_error::is_redirection;
use crate::topology::Destination;

/// Checks each token on its primary: one pipeline for each node, all at the same time. An error of one node concerns only its
/// tokens.
pub(super) async fn check_on_nodes(
    connections: &Connections,
    tokens: &[TokenId],
    deadline: Instant,
) -> Vec<Checked> {
    let view = connections.topology.view();
    let mut groups: Vec<(Arc<Node>, Vec<usize>, Vec<Cmd>)> = Vec::with_capacity(view.nodes().len());
    for (place, id) in tokens.iter().enumerate() {
        let key = keys::revoked(*id);
        // Without a primary the caller looks for one.
        let Some(node) = view.node(Destination::Key(&key)) else { continue };
        match groups.iter_mut().find(|(other, ..)| Arc::ptr_eq(other, node)) {
            Some((_, places, commands)) => {
                places.push(place);
                commands.push(exists(&key));
            }
            None => groups.push((Arc::clone(node), vec![place], vec![exists(&key)])),
        }
    }
    let mut checked = vec![Err(NoCheck::NotOpen); tokens.len()];
    let answers =
        groups.into_iter().map(|(node, places, commands)| ask(connections, node, places, commands, deadline));
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
    places: Vec<usize>,
    commands: Vec<Cmd>,
    deadline: Instant,
) -> Vec<(usize, Checked)> {
    let commands = after_role(commands);
    let replies = connections.primary_replies(&commands, Destination::Node(&node), deadline).await;
    match replies.map_err(NoCheck::from) {
        Ok((_, replies)) => places.into_iter().zip(replies.into_iter().map(answer)).collect(),
        Err(error) => places.into_iter().map(|place| (place, Err(error.clone()))).collect(),
    }
}

fn answer(reply: Value) -> Checked {
    match reply.extract_error() {
        Ok(reply) => Ok(read::<u8>(reply)? == 1),
        Err(error) if is_redirection(&error) => Err(NoCheck::Redirected),
        Err(error) => Err(StoreError::from_answer(error).into()),
    }
}
