//! Verification with a cache of the denylist, and metrics of the cache.
//!
//! ```sh
//! JWT_KEY=… REDIS_URL=redis://127.0.0.1:6379 cargo run -p auth-verifier --example cached
//! curl -i http://127.0.0.1:8081/whoami -H "Authorization: Bearer $ACCESS_TOKEN"
//! ```
#![expect(clippy::print_stderr, reason = "a program prints why it cannot start")]

use std::env;
use std::error::Error;
use std::process::ExitCode;

use actix_web::{App, HttpServer, Responder, web};
use auth_verifier::{CacheMetrics, Caller, SigningKey, TokenVerifier, Verification, VerifierConfig};

async fn whoami(caller: Caller) -> impl Responder {
    format!("user {} of tenant {}, {}", caller.user_id, caller.tenant_id, caller.role)
}

/// The state of the cache, as a metrics page could show it.
async fn cache_state(metrics: web::Data<CacheMetrics>) -> impl Responder {
    format!("{:?}", metrics.state())
}

/// Reads an environment variable.
fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("{name}: {error}; set it"))
}

async fn run() -> Result<(), Box<dyn Error>> {
    let key = SigningKey::new(variable("JWT_KEY")?).map_err(|error| format!("JWT_KEY: {error}"))?;
    let mut config = VerifierConfig::new(key, variable("REDIS_URL")?);
    config.verification = Verification::Cached;
    let (verifier, metrics) = TokenVerifier::connect_with_metrics(config)?;
    let metrics = web::Data::new(metrics.ok_or("no cache is kept")?);
    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8081".to_owned());
    let app = move || {
        App::new()
            .app_data(verifier.clone())
            .app_data(metrics.clone())
            .route("/whoami", web::get().to(whoami))
            .route("/cache", web::get().to(cache_state))
    };
    HttpServer::new(app).bind(&address).map_err(|error| format!("LISTEN={address}: {error}"))?.run().await?;
    Ok(())
}

#[actix_web::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let Err(error) = run().await else { return ExitCode::SUCCESS };
    eprintln!("cannot start: {error}");
    ExitCode::FAILURE
}
