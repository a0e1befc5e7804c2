//! The check of histories on calls to a real server: clean under load, and not clean if something between client and
//! server breaks a promise.

use std::sync::Arc;
use std::time::Duration;

use auth_e2e::clock::pause;
use auth_e2e::history::{Answer, Recorder, Rules, Violation, check};
use auth_e2e::load::{Load, Mix};
use auth_e2e::{ALICE, Api, Server};
use auth_testkit::servers::{NginxServer, Port};

fn violations(recorder: &Recorder) -> Vec<Violation> {
    check(&recorder.calls(), &Rules::new()).violations.iter().map(|(violation, ..)| *violation).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_a_mixed_load_is_clean() {
    let server = Server::start_without_refresh_limits().await;
    let recorder = Arc::new(Recorder::new([server.api(), server.api()]));
    let mix = Mix { clients: 8, rate: 160, users: vec![ALICE.to_owned()], shares: false };
    let load = Load::start(recorder, &mix);
    pause(Duration::from_secs(3)).await;
    let recorder = load.stop().await;
    let report = check(&recorder.calls(), &Rules::new());
    report.expect_clean();
    assert!(report.calls > 100 && report.sessions >= 8 && report.exceptions.is_empty(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_answers_logouts_itself_is_found() {
    let server = Server::start().await;
    let (port, address) = (Port::take(), server.installation.address());
    let site = format!(
        "server {{ listen 127.0.0.1:{}; add_header X-Request-Id $http_x_request_id;
         location / {{ proxy_pass http://{address}; proxy_set_header X-Request-Id $http_x_request_id; proxy_hide_header X-Request-Id; }}
         location = {} {{ return 204; }} }}",
        port.number,
        Api::ENDPOINTS[2],
    );
    let nginx = NginxServer::start(port, &site);
    let recorder = Recorder::new([Api::new(nginx.url().trim_start_matches("http://")), server.api()]);
    let (number, login) = recorder.login(0, ALICE).await;
    let (session, tokens) = ((number, ALICE), login.tokens.expect("a login"));
    assert_eq!(recorder.logout(session, 0, &tokens).await.answer, Answer::Done);
    assert!(violations(&recorder).is_empty());
    recorder.verify(session, 1, &tokens.access).await;
    recorder.refresh(session, 0, &tokens.refresh, None).await;
    assert_eq!(violations(&recorder), [Violation::AliveAfterEnd, Violation::AliveAfterEnd]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_another_program_uses_is_found() {
    let server = Server::start().await;
    let recorder = Recorder::new([server.api()]);
    let (number, login) = recorder.login(0, ALICE).await;
    let tokens = login.tokens.expect("a login");
    // Its calls are not recorded.
    let stolen = server.refresh(&tokens.refresh).await.tokens();
    server.refresh(&stolen.refresh).await.tokens();
    let answer = recorder.refresh((number, ALICE), 0, &tokens.refresh, None).await.answer;
    assert!(matches!(answer, Answer::Rejected { .. }), "{answer:?}");
    assert_eq!(violations(&recorder), [Violation::HonestLogout]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_mixes_up_its_users_is_found() {
    let server = Server::start().await;
    let recorder = Recorder::new([server.api()]);
    let (first, login) = recorder.login(0, ALICE).await;
    let (second, _) = recorder.login(0, ALICE).await;
    assert_ne!(first, second);
    let tokens = login.tokens.expect("a login");
    recorder.refresh((second, ALICE), 0, &tokens.refresh, None).await;
    assert_eq!(violations(&recorder), [Violation::NotTheCallers]);
}
