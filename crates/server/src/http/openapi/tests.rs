use serde_json::Value;

use super::*;

fn parsed() -> Value {
    serde_json::from_str(&document().unwrap()).unwrap()
}

fn statuses(method: &str, path: &str) -> Vec<String> {
    let document = parsed();
    let responses = document["paths"][path][method]["responses"].as_object().unwrap();
    responses.keys().cloned().collect()
}

// S-82
#[test]
fn the_document_names_every_status_of_every_endpoint() {
    let auth = |path: &str| statuses("post", &format!("/api/v1/auth/{path}"));
    assert_eq!(auth("login"), ["200", "400", "401", "408", "413", "415", "429", "500", "503"]);
    assert_eq!(auth("refresh"), ["200", "400", "401", "408", "413", "415", "500", "503"]);
    assert_eq!(auth("logout"), ["204", "400", "401", "408", "413", "415", "500", "503"]);
    assert_eq!(statuses("get", "/api/v1/auth/me"), ["200", "401", "500", "503"]);
    assert_eq!(statuses("get", "/api/v1/auth/verify"), ["204", "401", "500", "503"]);
    assert_eq!(statuses("get", "/health"), ["200"]);
    assert_eq!(statuses("get", "/health/ready"), ["200", "503"]);
}

#[test]
fn the_document_is_openapi_3_1_with_the_field_names_of_the_page() {
    let document = parsed();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let fields = |schema: &str| {
        let properties = document["components"]["schemas"][schema]["properties"].as_object().unwrap();
        properties.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(fields("TokenResponse"), ["accessToken", "expiresAt", "expiresIn", "refreshToken"]);
    assert_eq!(fields("LoginRequest"), ["email", "password"]);
    assert_eq!(fields("RefreshTokenRequest"), ["refreshToken"]);
    assert_eq!(
        document["paths"]["/api/v1/auth/logout"]["post"]["security"][0]["bearer"],
        serde_json::json!([])
    );
}
