//! Logins that wait, while a crowd begins logins of its own.

use std::sync::Arc;

use chrono::TimeDelta;
use mcpbox_catalog::oauth::{self, Answer, Ask, Asked, Begun, ErrorCode, OAuthError, Registration};
use mcpbox_core::oauth::RequestState;
use mcpbox_store::oauth::waiting;

use crate::support::World;

const BACK: &str = "https://client.example/callback";
/// Where the crowd is: one address each, in networks of their own.
const CROWD: usize = 1_000;

struct Door {
    world: World,
    client_id: String,
}

impl Door {
    async fn open() -> Self {
        let world = World::new().await;
        world.cat.serve_remote("https://box.example.com");
        let registration = Registration { redirect_uris: vec![BACK.into()], client_name: None };
        let client_id = oauth::register(&world.cat, registration).await.unwrap().client_id;
        Self { world, client_id }
    }

    async fn begin(&self, origin: &str) -> Result<Box<Begun>, OAuthError> {
        let ask = Ask {
            client_id: self.client_id.clone(),
            redirect_uri: Some(BACK.into()),
            response_type: "code".into(),
            code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".into(),
            code_challenge_method: "S256".into(),
            origin: origin.into(),
            ..Ask::default()
        };
        match oauth::begin(&self.world.cat, ask).await? {
            Asked::Begun(begun) => Ok(begun),
            Asked::Back(url) => panic!("sent back to {url}"),
        }
    }

    /// The page looks again.
    async fn look(&self, begun: &Begun) {
        let answer = oauth::answer(&self.world.cat, begun.request.id, &begun.browser).await;
        assert!(matches!(answer, Ok(Answer::Wait(_))), "the login is gone: {answer:?}");
    }

    async fn count(&self) -> usize {
        let tx = self.world.store.begin().await.unwrap();
        let count = waiting::all(&tx).await.unwrap().len();
        tx.rollback().await.unwrap();
        count
    }

    fn after(&self, millis: i64) {
        self.world.clock.advance(TimeDelta::milliseconds(millis));
    }
}

fn one_of_the_crowd(number: usize) -> String {
    format!("10.{}.{}.1", number / 200, number % 200)
}

#[tokio::test]
async fn a_crowd_fills_no_memory_keeps_nobody_out_and_removes_no_login_that_is_looked_at() {
    let door = Door::open().await;
    let honest = door.begin("203.0.113.1").await.unwrap();
    for number in 0..CROWD {
        // Ten a second; the human's page looks every 3 s.
        door.after(100);
        door.begin(&one_of_the_crowd(number)).await.unwrap();
        if number % 30 == 29 {
            door.look(&honest).await;
        }
    }
    assert_eq!(door.count().await, 500);
    // It is shown to whoever decides, however many are newer.
    let shown = oauth::waiting(&door.world.cat).await.unwrap();
    assert!(shown.len() == 100 && shown.iter().any(|request| request.id == honest.request.id));
    let newcomer = door.begin("198.51.100.7").await.unwrap();
    door.after(3_000);
    door.look(&newcomer).await;
    door.look(&honest).await;
    oauth::approve(
        &door.world.cat,
        &door.world.human,
        honest.request.id,
        &honest.request.user_code,
        &honest.request.scopes,
    )
    .await
    .unwrap();
    let answer = oauth::answer(&door.world.cat, honest.request.id, &honest.browser).await.unwrap();
    assert!(matches!(answer, Answer::Go(_)));
}

#[tokio::test]
async fn a_crowd_that_looks_too_keeps_its_places_and_takes_none() {
    let door = Door::open().await;
    let honest = door.begin("203.0.113.1").await.unwrap();
    let mut crowd = Vec::new();
    for number in 0..CROWD {
        match door.begin(&one_of_the_crowd(number)).await {
            Ok(begun) => crowd.push(begun),
            Err(refused) => assert_eq!(refused.code, ErrorCode::TemporarilyUnavailable),
        }
    }
    assert_eq!((crowd.len(), door.count().await), (499, 500));
    door.after(3_000);
    for begun in crowd.iter().chain([&honest]) {
        door.look(begun).await;
    }
    door.after(15_000);
    assert_eq!(door.begin("198.51.100.7").await.unwrap_err().code, ErrorCode::TemporarilyUnavailable);
    door.look(&honest).await;
    // The crowd has gone; its pages look no more.
    door.after(10_000);
    door.begin("198.51.100.7").await.unwrap();
    door.look(&honest).await;
    assert_eq!(door.count().await, 500);
}

#[tokio::test]
async fn a_customer_crowds_out_only_itself_and_not_who_is_at_a_page_of_the_same_address() {
    let door = Door::open().await;
    let neighbour = door.begin("2001:db8::1").await.unwrap();
    door.after(3_000);
    door.look(&neighbour).await;
    for number in 0..20 {
        door.begin(&format!("2001:db8::{number:x}")).await.unwrap();
    }
    assert_eq!(door.count().await, 5, "one /64 is one customer");
    door.look(&neighbour).await;
    let found = oauth::look(&door.world.cat, neighbour.request.id, &neighbour.browser).await.unwrap();
    assert_eq!(found.progress, RequestState::Waiting);
    let replica: Arc<_> = door.world.replica().await;
    replica.serve_remote("https://box.example.com");
    door.after(9_000);
    let answer = oauth::answer(&replica, neighbour.request.id, &neighbour.browser).await;
    assert!(matches!(answer, Ok(Answer::Wait(_))));
    door.after(15_000);
    for number in 0..20 {
        door.begin(&format!("2001:db8::{number:x}")).await.unwrap();
    }
    door.look(&neighbour).await;
    replica.close().await;
}
