//! Whose name a client acts in: who may let one in, in the browser that asks, and what becomes of it when that account may no longer.

use http::StatusCode;
use mcpbox_catalog::{
    access::pat,
    identity::{self, UserChange},
    oauth, review, session,
};
use mcpbox_core::{
    paging::PageRequest,
    principal::Scope,
    settings::{RemoteAccess, Settings},
    user::Role,
};
use mcpbox_testing::add_user;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{
    login::{Form, Login, text},
    remote_box,
};
use crate::support::{PASSWORD, TestBox, client::Raw};

const BACK: &str = "http://127.0.0.1:7777/callback";

/// A box with remote access whose humans may log in with a password, with an account beside its admin's.
async fn box_with(name: &str, role: Role) -> (TestBox, mcpbox_core::ids::UserId) {
    let it = remote_box().await;
    let settings = Settings { remote: RemoteAccess { password_login: true }, ..Settings::default() };
    review::set_settings(&it.catalog, &it.reviewer, settings).await.unwrap();
    let id = add_user(&it.store, (name, PASSWORD), role, it.catalog.now()).await;
    (it, id)
}

/// Logs in on the page; gives the status, the page, and the code where the client got one.
async fn log_in(login: &Login<'_>, name: &str, more: &[(&str, &str)]) -> (StatusCode, String, Option<String>) {
    let opened = login.open(&[]).await;
    let form = login.http.get(format!("{}?here", login.url(&opened.path))).header("cookie", &opened.cookie);
    let form = form.send().await.unwrap().text().await.unwrap();
    let proof = form.split("name=\"proof\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields = [("proof", &*proof), ("decision", "allow"), ("username", name), ("password", PASSWORD)];
    let fields: Vec<_> = fields.into_iter().chain(more.iter().copied()).collect();
    let sent = login.http.post(login.url(&opened.path)).header("cookie", &opened.cookie).form_of(&fields);
    let sent = sent.send().await.unwrap();
    let (status, page) = (sent.status(), sent.text().await.unwrap());
    let after = login.look(&opened).await;
    let code = (after.status() == StatusCode::FOUND).then(|| {
        let (_, pairs) = Login::sent_to(&after);
        pairs.into_iter().find(|(name, _)| name == "code").unwrap().1
    });
    (status, page, code)
}

async fn status(it: &TestBox, token: &str) -> StatusCode {
    let client = Raw::modern(&it.url);
    let (body, headers) = client.message("tools/list", json!({}));
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    client.request(&body, &headers).header("authorization", format!("Bearer {token}")).send().await.unwrap().status()
}

#[tokio::test]
async fn whoever_only_reads_lets_nobody_in() {
    let (it, _) = box_with("vera", Role::Viewer).await;
    let login = Login::registered(&it, "Claude", BACK).await;
    let (status, page, code) = log_in(&login, "vera", &[("scope:mcp:tools", "1")]).await;
    assert_eq!((status, code), (StatusCode::FORBIDDEN, None));
    assert!(page.contains("takes the role reviewer or admin"), "{page}");
}

#[tokio::test]
async fn nothing_ticked_is_told_in_the_form() {
    let (it, _) = box_with("rita", Role::Reviewer).await;
    let login = Login::registered(&it, "Claude", BACK).await;
    let (status, page, code) = log_in(&login, "rita", &[]).await;
    assert_eq!((status, code), (StatusCode::BAD_REQUEST, None));
    assert!(page.contains("allow one or more of what it asks for") && page.contains("name=\"password\""), "{page}");
}

#[tokio::test]
async fn an_account_with_a_second_factor_needs_its_code_here_too() {
    let (it, _) = box_with("rita", Role::Reviewer).await;
    let rita = session::signed_in_from_password(&it.catalog, "rita", &PASSWORD.into(), None).await.unwrap();
    let begun = identity::start_code_app(&it.catalog, &rita, &PASSWORD.into()).await.unwrap();
    let totp = totp_rs::Builder::new()
        .with_secret(totp_rs::Secret::try_from_base32(&begun.secret).unwrap())
        .with_account_name("x")
        .build()
        .unwrap();
    let code_at = |seconds: i64| {
        let time = u64::try_from(it.catalog.now().timestamp() + seconds).unwrap();
        totp.generate(time).to_string()
    };
    let token = SecretString::from(begun.token);
    let recovery = identity::confirm_code_app(&it.catalog, &rita, &token, &code_at(0).into()).await.unwrap();
    let login = Login::registered(&it, "Claude", BACK).await;
    let tick = ("scope:mcp:tools", "1");
    let (status, page, code) = log_in(&login, "rita", &[tick]).await;
    assert_eq!((status, code), (StatusCode::FORBIDDEN, None));
    assert!(page.contains("wants a one-time code as well") && page.contains("name=\"code\""), "{page}");
    let (status, _, code) = log_in(&login, "rita", &[tick, ("code", "000000")]).await;
    assert_eq!((status, code), (StatusCode::FORBIDDEN, None));
    for right in [code_at(30), recovery[0].clone()] {
        let (status, page, code) = log_in(&login, "rita", &[tick, ("code", &right)]).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        assert!(code.is_some());
        let (_, _, again) = log_in(&login, "rita", &[tick, ("code", &right)]).await;
        assert_eq!(again, None, "a code counts once");
    }
}

/// How an account comes to let nobody in.
#[derive(Debug, Clone, Copy)]
enum End {
    Disabled,
    Viewer,
    Deleted,
}

#[tokio::test]
async fn what_somebody_let_in_ends_with_their_account() {
    for end in [End::Disabled, End::Viewer, End::Deleted] {
        let (it, id) = box_with("rita", Role::Admin).await;
        let rita = session::signed_in_from_password(&it.catalog, "rita", &PASSWORD.into(), None).await.unwrap();
        let rita = rita.reviewer().unwrap();
        let new = pat::NewToken { name: "laptop".into(), scopes: vec![Scope::Tools], expires_at: None };
        let personal = pat::create(&it.catalog, &rita, new).await.unwrap().secret;
        let login = Login::registered(&it, "Claude", BACK).await;
        let tick = [("scope:mcp:tools", "1")];
        let code = log_in(&login, "rita", &tick).await.2.unwrap();
        let (_, answer) = login.exchange(&code).await;
        let (access, refresh) = (text(&answer, "access_token"), text(&answer, "refresh_token"));
        let under_way = log_in(&login, "rita", &tick).await.2.unwrap();
        let change =
            |role, is_disabled| identity::change_user(&it.catalog, &it.reviewer, id, UserChange { role, is_disabled });
        change(Some(Role::Reviewer), None).await.unwrap();
        for token in [&*access, personal.expose_secret()] {
            assert_eq!(status(&it, token).await, StatusCode::OK, "a reviewer still may, {end:?}");
        }
        match end {
            End::Disabled => drop(change(None, Some(true)).await.unwrap()),
            End::Viewer => drop(change(Some(Role::Viewer), None).await.unwrap()),
            End::Deleted => identity::delete_user(&it.catalog, &it.reviewer, id).await.unwrap(),
        }
        for token in [&*access, personal.expose_secret()] {
            assert_eq!(status(&it, token).await, StatusCode::UNAUTHORIZED, "{end:?}");
        }
        assert_eq!(login.refresh(&refresh).await.0, StatusCode::BAD_REQUEST, "{end:?}");
        assert_eq!(login.exchange(&under_way).await.0, StatusCode::BAD_REQUEST, "{end:?}");
        let left = oauth::authorizations(&it.catalog, PageRequest::default()).await.unwrap();
        assert_eq!(left.total, 0, "{end:?}");
        // Its maker can do nothing with what they kept in hand either.
        let new = pat::NewToken { name: "phone".into(), scopes: vec![Scope::Tools], expires_at: None };
        assert!(pat::create(&it.catalog, &rita, new).await.is_err(), "{end:?}");
    }
}
