//! Traces: which spans reach a collector, and that no request waits for one.
#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::time::Duration;

use auth_e2e::clock::{Stopwatch, holds_within};
use auth_e2e::spelling::Slices;
use auth_e2e::{ALICE, Collector, Exported, Installation, PASSWORD, Server, Stores, WRONG_PASSWORD};
use auth_testkit::servers::{Certificates, NginxServer, Port};
use reqwest::Method;
use serde_json::Value;

const LOGIN: &str = "POST /api/v1/auth/login";
const REFRESH: &str = "POST /api/v1/auth/refresh";
const LOGOUT: &str = "POST /api/v1/auth/logout";
const ME: &str = "GET /api/v1/auth/me";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";
const KEY: &str = "idempotency-key-of-this-call";
const SECRET_HEADER: &str = "secret-of-the-collector";
/// How long an idle server may take to end, with a second for the log and a second for the traces.
const USUAL_STOP: Duration = Duration::from_secs(5);
const LIMIT: Duration = Duration::from_secs(15);

/// An installation that exports to `endpoint` soon after a span has ended.
fn exporting_to(endpoint: &str) -> Installation {
    Installation::new()
        .with_variable("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        .with_variable("OTEL_BSP_SCHEDULE_DELAY", "50")
}

async fn serve(installation: Installation) -> Server {
    Server::start_on(installation.with_admin().with_user(ALICE).await).await
}

/// Checks the span `name`, and returns its children by name.
fn children<'a>(spans: &'a [Exported], parent: &Exported) -> BTreeMap<&'a str, &'a Exported> {
    let children = spans.iter().filter(|span| span.parent == parent.id && span.trace == parent.trace);
    children.map(|span| (span.name.as_str(), span)).collect()
}

fn named<'a>(spans: &'a [Exported], name: &str) -> &'a Exported {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no {name}: {spans:#?}"))
}

/// Checks that the use case `name` is the child of a request, with `ports` among its children; returns these.
fn use_case<'a>(spans: &'a [Exported], request: &str, name: &str, ports: &[&str]) -> Vec<&'a Exported> {
    let request = named(spans, request);
    let within = children(spans, request);
    let case = within.get(name).unwrap_or_else(|| panic!("no {name} in {:?}: {spans:#?}", request.name));
    let calls = children(spans, case);
    let call = |port: &&str| *calls.get(*port).unwrap_or_else(|| panic!("no {port} in {:?}", calls.keys()));
    ports.iter().map(call).collect()
}

fn systems(spans: &[&Exported]) -> Vec<String> {
    let system = |span: &&Exported| span.attributes.get("db.system.name").cloned().unwrap_or_default();
    spans.iter().map(system).collect()
}

#[tokio::test]
async fn a_login_a_refresh_and_a_logout_are_trees_of_spans() {
    let collector = Collector::start();
    let server = serve(exporting_to(&collector.endpoint())).await;
    let first = server.log_in(ALICE).await;
    let second = server.refresh(&first.refresh).await.tokens();
    let is_out =
        server.with_header("host", "login.example.com:8080").logout(&second.access, &second.refresh).await;
    assert_eq!(is_out.status, 204);
    let spans = collector.wait_for(LOGOUT, 1).await;
    let spans: Vec<_> = spans.into_iter().filter(|span| span.name != "GET /health").collect();

    let (users, tokens) = match Stores::chosen() {
        Stores::Embedded => ("sqlite", "sqlite"),
        Stores::Servers(_) => ("postgresql", "redis"),
    };
    let login = [
        "user_repository.find_by_email",
        "login_limiter.reserve",
        "password_hasher.verify",
        "session_store.open",
    ];
    let login = use_case(&spans, LOGIN, "login", &login);
    assert_eq!(systems(&login), [users, tokens, "", tokens]);
    use_case(&spans, LOGIN, "login", &["access_tokens.issue"]);
    let refresh =
        use_case(&spans, REFRESH, "refresh", &["user_repository.find_by_id", "session_store.rotate"]);
    assert_eq!(systems(&refresh), [users, tokens]);
    assert_eq!(systems(&use_case(&spans, LOGOUT, "logout", &["session_store.end"])), [tokens]);
    use_case(&spans, LOGOUT, "verify", &["access_tokens.verify", "denylist.contains"]);

    let request = named(&spans, LOGOUT);
    assert_eq!((request.kind as i32, request.parent.as_str(), request.is_error), (2, "", false));
    for (name, value) in [
        ("http.request.method", "POST"),
        ("http.route", "/api/v1/auth/logout"),
        ("http.response.status_code", "204"),
        ("server.address", "login.example.com"),
        ("client.address", "127.0.0.1"),
        ("url.scheme", "http"),
    ] {
        assert_eq!(request.attributes.get(name).map(String::as_str), Some(value), "{name}");
    }
    let (user, open) = (&request.attributes["user.id"], named(&spans, "session_store.open"));
    assert_eq!((user.len(), open.kind as i32), (36, 3));
    assert_eq!(open.attributes["db.operation.name"], "open");
    assert_eq!(request.resource["service.name"], "hooksentry-auth");
    let request_ids =
        spans.iter().filter(|span| span.attributes.contains_key("http.response.header.x-request-id"));
    assert_eq!(request_ids.count(), 3, "one in each request, and nowhere else");
}

#[tokio::test]
async fn the_trace_id_connects_the_log_and_the_trace() {
    let collector = Collector::start();
    let server = serve(exporting_to(&collector.endpoint())).await;
    server.login(ALICE, WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");
    let spans = collector.wait_for(LOGIN, 1).await;
    let trace = format!("\"trace_id\":\"{}\"", named(&spans, LOGIN).trace);
    assert!(server.process.logs(&["login_failed", &trace]).await, "{}", server.process.stderr());
    assert!(!named(&spans, LOGIN).is_error, "a 401 is no error of the server");
}

#[tokio::test]
async fn a_trusted_proxy_decides_by_its_trace_context() {
    let collector = Collector::start();
    let installation = exporting_to(&collector.endpoint()).set("HTTP__TRUSTED_PROXIES", "127.0.0.1");
    let server = serve(installation.with_variable("OTEL_TRACES_SAMPLER", "parentbased_always_off")).await;
    let access = server.log_in(ALICE).await.access;
    let with = |traceparent: String| server.with_header("traceparent", &traceparent);
    // Not sampled, malformed, and of a version that does not exist.
    for flags in ["-00", "-01-more", "-0"] {
        assert_eq!(with(format!("{PARENT}{flags}")).me(&access).await.status, 200);
    }
    let sampled = with(format!("{PARENT}-01")).with_header("tracestate", "vendor=value");
    assert_eq!(sampled.me(&access).await.status, 200);
    let spans = collector.wait_for(ME, 1).await;
    let me = named(&spans, ME);
    assert_eq!(format!("00-{}-{}", me.trace, me.parent), PARENT);
    assert_eq!(me.state, "vendor=value");
    let (stopped, _) = server.stop().await;
    drop(stopped);
    let spans = collector.spans();
    assert!(spans.iter().all(|span| span.trace == me.trace), "{spans:#?}");
    assert_eq!(spans.iter().filter(|span| span.name == ME).count(), 1);
    use_case(&spans, ME, "verify", &["access_tokens.verify"]);
}

#[tokio::test]
async fn a_stranger_decides_neither_the_trace_nor_its_size() {
    let collector = Collector::start();
    let server = serve(exporting_to(&collector.endpoint())).await;
    let access = server.log_in(ALICE).await.access;
    for flags in ["-00", "-01"] {
        let server = server.with_header("traceparent", &format!("{PARENT}{flags}"));
        assert_eq!(server.with_header("tracestate", "vendor=value").me(&access).await.status, 200);
    }
    let (longest, longer) = ("a".repeat(255), "b".repeat(256));
    for host in [&longest, &longer] {
        assert_eq!(server.with_header("host", host).me(&access).await.status, 200);
    }
    let spans = collector.wait_for(ME, 4).await;
    let own: Vec<_> = spans.iter().filter(|span| span.name == ME).collect();
    assert_eq!(own.len(), 4, "{spans:#?}");
    assert!(own.iter().all(|span| span.parent.is_empty() && !PARENT.contains(&span.trace)), "{own:#?}");
    assert!(own.iter().all(|span| span.state.is_empty()), "{own:#?}");
    let hosts: Vec<_> = own.iter().filter_map(|span| span.attributes.get("server.address")).collect();
    assert!(hosts.len() == 3 && hosts.contains(&&longest) && !hosts.contains(&&longer), "{hosts:?}");
}

#[tokio::test]
async fn an_error_of_the_server_is_an_error_of_its_span() {
    let collector = Collector::start();
    let server = serve(exporting_to(&collector.endpoint())).await;
    let missing = server.call(Method::GET, "/api/v1/auth/missing?token=abcdef").await;
    missing.expect_error(404, "not_found");
    let mut connection = server.connect().await;
    assert!(connection.send("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").await);
    assert_eq!(connection.reply().await.map(|reply| reply.status), Some(400));
    server.installation.sql("ALTER TABLE users RENAME TO gone");
    let failed = server.login(ALICE, PASSWORD).await.status;
    assert!(failed >= 500, "{failed}");
    let spans = collector.wait_for(LOGIN, 1).await;
    let (missing, bad, broken) = (named(&spans, "GET"), named(&spans, "HTTP"), named(&spans, LOGIN));
    assert_eq!(missing.attributes.get("http.route"), None);
    assert_eq!(bad.attributes["http.response.status_code"], "400");
    assert!(!missing.is_error && !bad.is_error && broken.is_error);
    assert_eq!(broken.attributes["error.type"], failed.to_string());
}

// S-83
#[tokio::test]
async fn no_secret_and_no_email_is_in_a_trace() {
    let collector = Collector::start();
    let installation = exporting_to(&collector.endpoint());
    let installation = installation
        .set("LOG__FILTER", "trace")
        .with_variable("OTEL_EXPORTER_OTLP_HEADERS", &format!("api-key={SECRET_HEADER}"));
    let server = serve(installation).await;
    let first = server.log_in(ALICE).await;
    let second = server.refresh_with_key(&first.refresh, KEY).await.tokens();
    server.login(ALICE, WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");
    server.call(Method::GET, &format!("/{}?access_token={}", second.refresh, second.access)).await;
    server.expect_dead(&first.refresh).await;
    assert_eq!(server.logout(&second.access, &second.refresh).await.status, 204);
    collector.wait_for(LOGOUT, 1).await;
    assert!(collector.heads().iter().all(|head| head.contains(SECRET_HEADER)), "{:?}", collector.heads());
    assert!(collector.heads()[0].starts_with("POST /v1/traces HTTP/1.1\r\n"), "{}", collector.heads()[0]);

    let mut secrets = Slices::default();
    for tokens in [first, second] {
        secrets.add_tokens(&tokens);
    }
    for secret in [ALICE, PASSWORD, WRONG_PASSWORD, KEY] {
        secrets.add(secret);
    }
    for body in collector.bodies() {
        assert_eq!(secrets.find_in(&body), None);
    }
    let (_, finished) = server.stop().await;
    assert!(!finished.stderr.contains(SECRET_HEADER));
}

// S-93
#[tokio::test]
async fn an_unreachable_collector_costs_no_request_and_no_shutdown() {
    let port = Port::take();
    let installation = exporting_to(&format!("http://127.0.0.1:{}", port.number));
    let server = serve(installation.with_variable("OTEL_EXPORTER_OTLP_TIMEOUT", "200")).await;
    log_in_refresh_and_out(&server).await;
    assert!(holds_lost(&server, 20).await);
    let finished = stops_as_usual(server).await;
    let lost: Vec<_> = finished.lines().filter(|line| line.contains("traces_lost")).collect();
    assert!((1..=2).contains(&lost.len()), "{finished}");
    assert!(lost.iter().all(|line| line.contains("Connection refused")), "{lost:?}");
    let known = |line: &&str| serde_json::from_str::<Value>(line).is_ok_and(|line| line["event"].is_string());
    assert_eq!(finished.lines().find(|line| !known(line)), None, "a line of another library");
}

// S-93
#[tokio::test]
async fn a_collector_that_never_answers_costs_no_request_and_no_shutdown() {
    let collector = Collector::that_hangs();
    let installation = exporting_to(&collector.endpoint()).without_refresh_limits();
    let server = serve(installation.with_variable("OTEL_BSP_MAX_QUEUE_SIZE", "64")).await;
    let access = server.log_in(ALICE).await.access;
    assert!(holds_within(LIMIT, || collector.requests() > 0).await);
    let watch = Stopwatch::start();
    for _ in 0..100 {
        assert_eq!(server.me(&access).await.status, 200);
    }
    assert!(watch.elapsed() < Duration::from_secs(8), "{:?}", watch.elapsed());
    assert!(holds_lost(&server, 100).await, "the queue has a limit");
    let finished = stops_as_usual(server).await;
    assert!(finished.contains("\"reason\":\"the queue was full\""), "{finished}");
}

#[tokio::test]
async fn spans_that_the_collector_rejects_are_lost() {
    let collector = Collector::that_answers(401);
    let server = serve(exporting_to(&collector.endpoint())).await;
    log_in_refresh_and_out(&server).await;
    assert!(holds_lost(&server, 10).await);
    assert!(stops_as_usual(server).await.contains("the collector answered with status 401"));
}

#[tokio::test]
async fn spans_of_the_last_requests_are_exported_before_the_end() {
    let collector = Collector::start();
    let installation = exporting_to(&collector.endpoint());
    let server = serve(installation.with_variable("OTEL_BSP_SCHEDULE_DELAY", "600000")).await;
    log_in_refresh_and_out(&server).await;
    assert_eq!(collector.requests(), 0);
    let finished = stops_as_usual(server).await;
    use_case(&collector.spans(), LOGOUT, "logout", &["session_store.end"]);
    assert!(!finished.contains("traces_lost"), "{finished}");
}

#[tokio::test]
async fn the_log_is_the_same_with_and_without_traces() {
    let collector = Collector::start();
    let with = lines_of(exporting_to(&collector.endpoint())).await;
    let without = lines_of(Installation::new()).await;
    assert!(with.iter().any(|line| line["span"]["trace_id"].is_string()));
    assert!(without.iter().all(|line| line["span"]["trace_id"].is_null()));
    let shape = |line: &Value| {
        let names =
            |value: &Value| value.as_object().map(|fields| fields.keys().cloned().collect::<Vec<_>>());
        let span: Vec<_> =
            names(&line["span"]).into_iter().flatten().filter(|name| name != "trace_id").collect();
        (line["event"].clone(), names(line), line["span"]["name"].clone(), span)
    };
    assert_eq!(with.iter().map(shape).collect::<Vec<_>>(), without.iter().map(shape).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_switched_off_exporter_and_commands_export_nothing() {
    let collector = Collector::start();
    for (name, value) in [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")] {
        let server = serve(exporting_to(&collector.endpoint()).with_variable(name, value)).await;
        log_in_refresh_and_out(&server).await;
        assert!(!stops_as_usual(server).await.contains("trace_id"));
    }
    let installation = exporting_to(&collector.endpoint()).with_variable("OTEL_TRACES_SAMPLER", "often");
    installation.migrated().await.with_user("bob@example.org").await;
    assert_eq!(collector.requests(), 0);
}

// S-86
#[tokio::test]
async fn an_encrypted_collector_is_verified() {
    let (collector, certificates, port) = (Collector::start(), Certificates::new(), Port::take());
    let number = port.number;
    let tls = format!(
        "server {{ listen 127.0.0.1:{number} ssl; ssl_certificate {}; ssl_certificate_key {}; \
         location / {{ proxy_pass {}; }} }}",
        certificates.certificate().display(),
        certificates.key().display(),
        collector.endpoint()
    );
    let _nginx = NginxServer::start(port, &tls);
    let endpoint = format!("https://localhost:{number}");
    let authority = certificates.authority();
    let trusting =
        exporting_to(&endpoint).with_variable("OTEL_EXPORTER_OTLP_CERTIFICATE", &authority.to_string_lossy());
    let server = serve(trusting).await;
    server.log_in(ALICE).await;
    collector.wait_for(LOGIN, 1).await;
    stops_as_usual(server).await;

    let others = Certificates::new();
    let distrusting = exporting_to(&endpoint)
        .with_variable("OTEL_EXPORTER_OTLP_CERTIFICATE", &others.authority().to_string_lossy());
    let (server, received) = (serve(distrusting).await, collector.requests());
    server.log_in(ALICE).await;
    assert!(holds_lost(&server, 5).await);
    let log = stops_as_usual(server).await;
    assert!(log.lines().any(|line| line.contains("traces_lost") && line.contains("certificate")), "{log}");
    assert_eq!(collector.requests(), received);
}

// S-40, S-86
#[tokio::test]
async fn headers_of_traces_never_leave_the_machine_in_plain_text() {
    // The system takes this address for the machine itself, but it is not a loopback address.
    let port = Port::take();
    let endpoint = format!("http://0.0.0.0:{}", port.number);
    for headers in ["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"] {
        let installation = exporting_to(&endpoint).with_variable(headers, "api-key=secret-1");
        let message = installation.rejects_to_serve().await;
        assert!(
            message.contains("- OTEL_EXPORTER_OTLP_ENDPOINT: ") && message.contains(headers),
            "{message}"
        );
        assert!(message.contains("https") && !message.contains("secret-1"), "{message}");
    }
    let warned = exporting_to(&endpoint).cli(&["config", "check"], "").await.expect_success();
    assert!(warned.contains("warning  OTEL_EXPORTER_OTLP_ENDPOINT: "), "{warned}");
    let local = exporting_to("http://localhost:4318").with_variable("OTEL_EXPORTER_OTLP_HEADERS", "a=b");
    let silent = local.cli(&["config", "check"], "").await.expect_success();
    assert!(!silent.contains("OTEL_"), "{silent}");
    let server = serve(exporting_to(&endpoint)).await;
    let warning = ["\"diagnostics\"", "OTEL_EXPORTER_OTLP_ENDPOINT", "plain text"];
    assert!(server.process.logs(&warning).await, "{}", server.process.stderr());
}

// S-40, S-95
#[tokio::test]
async fn variables_that_cannot_be_used_are_rejected_by_name() {
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "127.0.0.1:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:secret-1@127.0.0.1:4318"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/etc/key.pem"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "secret-1"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
        ("OTEL_TRACES_EXPORTER", "console"),
        ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
        ("OTEL_PROPAGATORS", "b3"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4096"),
        ("OTEL_RESOURCE_ATTRIBUTES", "production"),
        ("OTEL_SDK_DISABLED", "yes"),
        ("OTEL_EXPORTER_OTLP_HEADER", "api-key=secret-1"),
        ("OTEL_EXPORTER_OTLP_TRACE_HEADERS", "api-key=secret-1"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=secret-1%0A"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "secret-1"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "secret-1"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "secret-1"),
        ("OTEL_TRACES_EXPORTER", "secret-1"),
        ("OTEL_TRACES_SAMPLER", "secret-1"),
        ("OTEL_PROPAGATORS", "secret-1"),
    ] {
        let installation = exporting_to("http://127.0.0.1:4318").with_variable(name, value);
        let message = installation.rejects_to_serve().await;
        let check = installation.cli(&["config", "check"], "").await;
        assert_eq!((check.stderr.as_str(), check.code()), (message.as_str(), Some(2)));
        let doctor = installation.cli(&["doctor"], "").await;
        assert!(doctor.stdout.contains(&format!("  ERROR    {name}: ")), "{name}: {doctor:?}");
        assert!(!doctor.stdout.contains("secret-1") && doctor.code() == Some(1), "{doctor:?}");
        assert!(message.contains(&format!("- {name}: ")), "{name}: {message}");
        assert!(!message.contains("secret-1"), "{message}");
    }
}

async fn log_in_refresh_and_out(server: &Server) {
    let first = server.log_in(ALICE).await;
    let second = server.refresh(&first.refresh).await.tokens();
    assert_eq!(server.logout(&second.access, &second.refresh).await.status, 204);
}

/// Waits until at least `count` spans were lost.
async fn holds_lost(server: &Server, count: u64) -> bool {
    let watch = Stopwatch::start();
    while watch.elapsed() < LIMIT {
        let metrics = server.admin().call(Method::GET, "/metrics").await.text();
        let value =
            metrics.lines().find_map(|line| line.strip_prefix("hooksentry_auth_trace_spans_lost_total "));
        if value.and_then(|value| value.parse().ok()).is_some_and(|lost: u64| lost >= count) {
            return true;
        }
        auth_e2e::clock::pause(Duration::from_millis(20)).await;
    }
    false
}

/// Stops the server, and returns its log.
async fn stops_as_usual(server: Server) -> String {
    let watch = Stopwatch::start();
    let (_, finished) = server.stop().await;
    assert_eq!(finished.code(), Some(0));
    assert!(watch.elapsed() < USUAL_STOP, "{:?}", watch.elapsed());
    finished.stderr
}

/// Returns the lines that a login, a refresh and a logout leave in the log.
async fn lines_of(installation: Installation) -> Vec<Value> {
    let server = serve(installation).await;
    log_in_refresh_and_out(&server).await;
    let log = stops_as_usual(server).await;
    let lines = log.lines().map(|line| serde_json::from_str(line).expect("a JSON line"));
    lines.filter(|line: &Value| line["span"].is_object()).collect()
}
