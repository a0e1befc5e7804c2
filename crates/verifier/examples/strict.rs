//! The least that a protected service is made of. Redis is asked for each request, so a logout is true at once.
//!
//! ```sh
//! JWT_KEY=… REDIS_URL=redis://127.0.0.1:6379 cargo run -p hooksentry-auth-guard --example whoami
//! ```

use std::env;
use std::error::Error;

use actix_web::{App, HttpServer, web};
use auth_verifier::{Caller, SigningKey, TokenVerifier, VerifierConfig};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let key = SigningKey::new(env::var("JWT_KEY")?)?;
    let verifier = TokenVerifier::connect(VerifierConfig::new(key, env::var("REDIS_URL")?))?;
    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8081".to_owned());
    let whoami = |caller: Caller| async move { format!("user {}", caller.user_id) };
    let app = move || App::new().app_data(verifier.clone()).route("/whoami", web::get().to(whoami));
    HttpServer::new(app).workers(2).bind(address)?.run().await?;
    Ok(())
}
