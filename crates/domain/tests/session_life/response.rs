//! What clients do with responses.

use crate::allowed::AllowedLogout;
use crate::invariants::Violation;
use crate::rejections;
use crate::request::{Operation, Rejection, Request, Response};
use crate::scenario::Retries;
use crate::world::{Client, World};

/// Gives the response to the client. Returns why an honest client is logged out, if it is.
pub(crate) fn deliver(
    world: &mut World,
    request: &Request,
    response: Response,
    retries: Retries,
) -> Result<Option<AllowedLogout>, Violation> {
    if !request.is_honest || !request.is_awaited {
        return Ok(None);
    }
    let access_token = (request.number, request.now);
    let client = world.clients.iter().position(|client| Some(client.session) == request.operation.session());
    match (request.operation, response) {
        (Operation::Login { session }, Response::Tokens(refresh_token)) => {
            world.clients.push(Client { session, refresh_token, access_token, is_logged_out: false });
        }
        (Operation::Refresh(refresh), Response::Tokens(refresh_token)) => {
            let client = &mut world.clients[client.unwrap()];
            // A late response does not replace the tokens of a later refresh.
            if client.refresh_token == refresh.presented {
                (client.refresh_token, client.access_token) = (refresh_token, access_token);
            }
        }
        (Operation::Refresh(refresh), Response::Rejected(rejection)) => {
            let reason = rejections::judge(world, request, refresh, rejection, retries)?;
            let client = &mut world.clients[client.unwrap()];
            client.is_logged_out |= rejection != Rejection::AlreadyUsed;
            return Ok(Some(reason));
        }
        (Operation::Logout { .. }, Response::Done) => world.clients[client.unwrap()].is_logged_out = true,
        (Operation::Login { .. } | Operation::Logout { .. } | Operation::Deactivation, _)
        | (Operation::Refresh(_), Response::Done) => {}
    }
    Ok(None)
}
