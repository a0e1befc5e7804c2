//! The program of the README: each request asks Redis, so a logout takes effect at once.
//!
//! ```sh
//! JWT_KEY=… REDIS_URL=redis://127.0.0.1:6379 cargo run -p auth-verifier --example strict
//! curl -i http://127.0.0.1:8081/invoices -H "Authorization: Bearer $ACCESS_TOKEN"
//! ```
#![expect(clippy::print_stderr, reason = "a program prints why it cannot start")]

use std::env;
use std::error::Error;
use std::process::ExitCode;

use actix_web::{App, HttpServer, Responder, web};
use auth_verifier::{Caller, RequireRole, Role, SigningKey, TokenVerifier, VerifierConfig};

async fn invoices(caller: Caller) -> impl Responder {
    format!("the invoices of tenant {}", caller.tenant_id)
}

async fn delete_account(caller: Caller) -> impl Responder {
    format!("the account of tenant {} is deleted", caller.tenant_id)
}

/// Reads an environment variable.
fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("{name}: {error}; set it"))
}

async fn run() -> Result<(), Box<dyn Error>> {
    let key = SigningKey::new(variable("JWT_KEY")?).map_err(|error| format!("JWT_KEY: {error}"))?;
    let verifier = TokenVerifier::connect(VerifierConfig::new(key, variable("REDIS_URL")?))?;
    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8081".to_owned());
    let app = move || {
        App::new().app_data(verifier.clone()).route("/invoices", web::get().to(invoices)).service(
            web::scope("/account")
                .wrap(RequireRole::any_of([Role::Owner, Role::Admin]))
                .route("", web::delete().to(delete_account)),
        )
    };
    HttpServer::new(app).bind(&address).map_err(|error| format!("LISTEN={address}: {error}"))?.run().await?;
    Ok(())
}

#[actix_web::main]
async fn main() -> ExitCode {
    // Rejected tokens and outages are logged through `tracing`. Without a subscriber they are lost.
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let Err(error) = run().await else { return ExitCode::SUCCESS };
    eprintln!("cannot start: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        eprintln!("  because: {cause}");
        source = cause.source();
    }
    ExitCode::FAILURE
}
