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
    assert_eq!(auth("login"), ["200", "400", "401", "408", "413", "415", "429", "431", "500", "503"]);
    assert_eq!(auth("refresh"), ["200", "400", "401", "408", "413", "415", "429", "431", "500", "503"]);
    assert_eq!(auth("logout"), ["204", "400", "401", "408", "413", "415", "431", "500", "503"]);
    assert_eq!(statuses("get", "/api/v1/auth/me"), ["200", "400", "401", "408", "431", "500", "503"]);
    assert_eq!(statuses("get", "/api/v1/auth/verify"), ["204", "400", "401", "408", "431", "500", "503"]);
    assert_eq!(statuses("get", "/health"), ["200", "400", "408", "431"]);
    assert_eq!(statuses("get", "/health/ready"), ["200", "400", "408", "431", "503"]);
}

/// Calls `visit` with every value below `value` and its path.
fn walk<'a>(path: &str, value: &'a Value, visit: &mut impl FnMut(&str, &'a Value)) {
    visit(path, value);
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| walk(&format!("{path}/{name}"), member, visit));
        }
        Value::Array(items) => items.iter().for_each(|item| walk(path, item, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn has_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

/// Checks what validators of OpenAPI 3.1 require of an operation.
fn expect_complete(name: &str, operation: &Value, tags: &[&Value], schemes: &Value) {
    for text in ["operationId", "summary", "description"] {
        assert!(has_text(&operation[text]), "{name} has no {text}");
    }
    for tag in operation["tags"].as_array().unwrap() {
        assert!(tags.contains(&tag), "{name}: {tag} is not declared");
    }
    for requirement in operation["security"].as_array().expect("a security, be it an empty one") {
        let named = requirement.as_object().unwrap().keys();
        assert!(named.into_iter().all(|scheme| schemes[scheme].is_object()), "{name}: {requirement}");
    }
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        assert!(
            has_text(&parameter["description"]) && parameter["schema"].is_object(),
            "{name}: {parameter}"
        );
    }
    let responses = operation["responses"].as_object().unwrap();
    for (status, response) in responses {
        assert!(has_text(&response["description"]), "{name}: {status} has no description");
        for media in response["content"].as_object().into_iter().flat_map(|content| content.values()) {
            assert!(media["schema"].is_object(), "{name}: {status} has no schema");
        }
    }
    for class in ["2", "4"] {
        assert!(responses.keys().any(|status| status.starts_with(class)), "{name} has no {class}XX");
    }
}

// S-82
#[test]
fn the_document_has_what_validators_of_openapi_require() {
    let document = parsed();
    for text in [
        "/info/title",
        "/info/version",
        "/info/description",
        "/info/contact/url",
        "/info/license/name",
        "/servers/0/url",
    ] {
        assert!(document.pointer(text).is_some_and(has_text), "{text}");
    }
    let tags: Vec<&Value> = document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    let mut ids = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let schemes = &document["components"]["securitySchemes"];
            expect_complete(&format!("{method} {path}"), operation, &tags, schemes);
            ids.push(&operation["operationId"]);
        }
    }
    let unique: std::collections::HashSet<_> = ids.iter().collect();
    assert!(ids.len() >= 7 && unique.len() == ids.len(), "{ids:?}");
}

// S-82
#[test]
fn every_reference_resolves_and_every_schema_is_used() {
    let document = parsed();
    let mut references = std::collections::BTreeSet::new();
    walk("", &document, &mut |path, value| {
        if path.ends_with("/$ref") {
            let target = value.as_str().unwrap().strip_prefix('#').unwrap();
            assert!(document.pointer(target).is_some(), "{path} leads nowhere: {target}");
            references.insert(target);
        }
    });
    for schema in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(references.contains(&*format!("/components/schemas/{schema}")), "nothing uses {schema}");
    }
}

// S-82
#[test]
fn only_protected_operations_require_the_bearer_token() {
    let document = parsed();
    let security = |method: &str, path: &str| document["paths"][path][method]["security"].clone();
    let bearer = serde_json::json!([{ "bearer": [] }]);
    for (method, path) in [("post", "logout"), ("get", "me"), ("get", "verify")] {
        assert_eq!(security(method, &format!("/api/v1/auth/{path}")), bearer, "{path}");
    }
    for (method, path) in [
        ("post", "/api/v1/auth/login"),
        ("post", "/api/v1/auth/refresh"),
        ("get", "/health"),
        ("get", "/health/ready"),
    ] {
        assert_eq!(security(method, path), serde_json::json!([]), "{path}");
    }
}

#[test]
fn the_document_is_openapi_3_1_with_the_documented_field_names() {
    let document = parsed();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let fields = |schema: &str| {
        let properties = document["components"]["schemas"][schema]["properties"].as_object().unwrap();
        properties.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(fields("TokenResponse"), ["accessToken", "expiresAt", "expiresIn", "refreshToken"]);
    assert_eq!(fields("LoginRequest"), ["email", "password"]);
    assert_eq!(fields("RefreshRequest"), ["refreshToken"]);
    assert_eq!(fields("LogoutRequest"), ["refreshToken"]);
    assert_eq!(
        document["paths"]["/api/v1/auth/logout"]["post"]["security"][0]["bearer"],
        serde_json::json!([])
    );
}

/// Returns the schema of a property, after it followed a reference.
fn property<'a>(document: &'a Value, schema: &str, name: &str) -> &'a Value {
    let property = &document["components"]["schemas"][schema]["properties"][name];
    let target = property["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    target.and_then(|target| document.pointer(target)).unwrap_or(property)
}

// S-82
#[test]
fn every_error_response_has_an_example_with_a_documented_code() {
    let document = parsed();
    let codes = property(&document, "ErrorResponse", "error")["enum"].as_array().unwrap();
    let mut seen = std::collections::BTreeSet::new();
    let mut count = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let content = &response["content"]["application/json"];
                if content["schema"]["$ref"] != "#/components/schemas/ErrorResponse" {
                    continue;
                }
                let examples =
                    content["examples"].as_object().into_iter().flat_map(|examples| examples.values());
                let bodies: Vec<&Value> = examples.map(|example| &example["value"]).collect();
                assert!(!bodies.is_empty(), "{method} {path}: {status} has no example");
                for body in bodies {
                    assert!(codes.contains(&body["error"]), "{method} {path}: {status}: {body}");
                    assert!(has_text(&body["message"]), "{method} {path}: {status}: {body}");
                    seen.insert(body["error"].as_str().unwrap());
                }
                count += 1;
            }
        }
    }
    assert!(count > 30, "{count} error responses");
    // No documented operation returns these two: other paths and methods do.
    let documented: Vec<&str> = codes.iter().filter_map(Value::as_str).collect();
    let others = documented.into_iter().filter(|code| !seen.contains(code)).collect::<Vec<_>>();
    assert_eq!(others, ["not_found", "method_not_allowed"]);
}

// S-82
#[test]
fn closed_sets_of_texts_are_enums() {
    let document = parsed();
    assert_eq!(
        property(&document, "CallerResponse", "role")["enum"],
        serde_json::json!(["Owner", "Admin", "Developer", "Viewer"])
    );
    assert_eq!(
        property(&document, "ErrorResponse", "reason")["enum"],
        serde_json::json!(["already_used", "reuse_detected", "logged_out", "revoked", "user_inactive"])
    );
    for (name, format) in
        [("userId", "uuid"), ("tenantId", "uuid"), ("sessionId", "uuid"), ("expiresAt", "date-time")]
    {
        assert_eq!(property(&document, "CallerResponse", name)["format"], format, "{name}");
    }
}

// S-82
#[test]
fn request_fields_are_required_and_have_their_limits() {
    let document = parsed();
    let required = |schema: &str| document["components"]["schemas"][schema]["required"].clone();
    assert_eq!(required("LoginRequest"), serde_json::json!(["email", "password"]));
    for schema in ["RefreshRequest", "LogoutRequest"] {
        assert_eq!(required(schema), serde_json::json!(["refreshToken"]));
        assert_eq!(property(&document, schema, "refreshToken")["maxLength"], 512);
    }
    assert_eq!(property(&document, "LoginRequest", "email")["maxLength"], 255);
    assert_eq!(property(&document, "LoginRequest", "password")["maxLength"], 1024);
}

// S-82
#[test]
fn a_token_pair_links_to_every_call_that_takes_its_tokens() {
    let document = parsed();
    let ids =
        document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    let ids: Vec<&Value> = ids.map(|operation| &operation["operationId"]).collect();
    for path in ["login", "refresh"] {
        let response = &document["paths"][format!("/api/v1/auth/{path}")]["post"]["responses"]["200"];
        let links = response["links"].as_object().unwrap();
        assert_eq!(links.keys().collect::<Vec<_>>(), ["logout", "me", "refresh", "verify"], "{path}");
        for (name, link) in links {
            assert!(ids.contains(&&link["operationId"]) && has_text(&link["description"]), "{path}: {name}");
            let body = &link["requestBody"];
            let has_body = ["logout", "refresh"].contains(&name.as_str());
            assert_eq!(body["refreshToken"] == "$response.body#/refreshToken", has_body, "{path}: {name}");
        }
    }
}
