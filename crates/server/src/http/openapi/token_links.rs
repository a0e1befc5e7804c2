//! The calls that a token pair allows, as links of the responses that contain one.

use serde_json::json;
use utoipa::Modify;
use utoipa::openapi::link::Link;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi, RefOr};

/// Adds links to each response with a token pair.
pub(super) struct TokenLinks;

impl Modify for TokenLinks {
    fn modify(&self, document: &mut OpenApi) {
        for path in ["/api/v1/auth/login", "/api/v1/auth/refresh"] {
            let operation = document.paths.paths.get_mut(path).and_then(|item| item.post.as_mut());
            operation.into_iter().for_each(add_links);
        }
    }
}

fn add_links(operation: &mut Operation) {
    let Some(RefOr::T(response)) = operation.responses.responses.get_mut("200") else { return };
    for (operation_id, description) in [
        ("refresh", "The refresh token is the body of the next refresh"),
        ("logout", "The refresh token is the body of a logout, and the access token is its bearer token"),
        ("me", "The access token is the bearer token"),
        ("verify", "The access token is the bearer token"),
    ] {
        let mut link = Link::builder().operation_id(operation_id).description(description);
        if ["refresh", "logout"].contains(&operation_id) {
            link = link.request_body(Some(json!({ "refreshToken": "$response.body#/refreshToken" })));
        }
        response.links.insert(operation_id.to_owned(), RefOr::T(link.build()));
    }
}
