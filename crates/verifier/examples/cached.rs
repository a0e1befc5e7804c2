//! A small API behind the guard: anybody's own page, and one for owners.
//!
//! ```sh
//! JWT_KEY=… REDIS_URL=redis://127.0.0.1:6379 cargo run -p hooksentry-auth-guard --example protected_api
//! curl -i http://127.0.0.1:8081/whoami -H "Authorization: Bearer $ACCESS_TOKEN"
//! ```

use std::env;
use std::error::Error;

use actix_web::{App, HttpResponse, HttpServer, web};
use auth_verifier::{
    Caller, CopyWatch, RequireRole, Role, SigningKey, TokenVerifier, Verification, VerifierConfig,
};

/// Whoever it is, as the token says.
async fn whoami(caller: Caller) -> HttpResponse {
    let text = format!("user {} of tenant {}, {}", caller.user_id, caller.tenant_id, caller.role);
    HttpResponse::Ok().body(text)
}

/// For owners alone; the middleware around it has seen to that.
async fn delete_everything(caller: Caller) -> HttpResponse {
    HttpResponse::Ok().body(format!("tenant {} would be gone now", caller.tenant_id))
}

/// What a metrics page would show.
async fn denylist(copy: web::Data<CopyWatch>) -> HttpResponse {
    HttpResponse::Ok().body(format!("{:?}", copy.state()))
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let key = SigningKey::new(env::var("JWT_KEY")?)?;
    let mut config = VerifierConfig::new(key, env::var("REDIS_URL")?);
    config.verification = Verification::Cached;
    let (verifier, copy) = TokenVerifier::connect_watched(config)?;
    let copy = web::Data::new(copy.ok_or("no copy is kept")?);
    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8081".to_owned());

    let app = move || {
        App::new()
            .app_data(verifier.clone())
            .app_data(copy.clone())
            .route("/whoami", web::get().to(whoami))
            .route("/denylist", web::get().to(denylist))
            .service(
                web::scope("/owner")
                    .wrap(RequireRole::any_of([Role::Owner]))
                    .route("/tenant", web::delete().to(delete_everything)),
            )
    };
    HttpServer::new(app).workers(2).bind(address)?.run().await?;
    Ok(())
}
