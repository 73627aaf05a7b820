//! The connection over Cloudflare with two admin processes on one database: one step at a time, and no process that died keeps the
//! others waiting for ever.

use std::sync::Arc;

use chrono::TimeDelta;
use mcpbox_catalog::{Catalog, cloudflare, notify};
use mcpbox_core::{
    cloudflare::{Plan, Progress, Setup},
    failure::FailureKind,
};
use mcpbox_egress::{Broker, BrokerConfig};
use secrecy::SecretString;

use crate::{
    lan::{Got, Host, in_namespace},
    support::{World, refusal},
};

fn plan(name: &str) -> Plan {
    let emails = ["anna@example.com".to_owned()].into();
    Plan { name: name.into(), account_id: None, emails, gateway_host: "mcpbox".into(), gateway_port: 8002 }
}

fn connect(cat: &Catalog, host: &Host) {
    let config = BrokerConfig { connect_timeout_ms: 2_000, max_idle_connections: 0, ..BrokerConfig::default() };
    notify::connect(cat, Broker::new(config).unwrap());
    cloudflare::connect(cat, &host.url(""), "a worker");
}

/// The next request that the API gets.
async fn asked(host: &Host) -> Got {
    loop {
        match host.got().pop() {
            Some(got) => return got,
            None => tokio::task::yield_now().await,
        }
    }
}

fn refused() -> String {
    let body = r#"{"success":false,"errors":[{"code":1,"message":"not now"}]}"#;
    format!("HTTP/1.1 403 Forbidden\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn one_step_is_done_at_a_time_whichever_process_is_asked() {
    in_namespace("cloudflare::one_step_is_done_at_a_time_whichever_process_is_asked", async || {
        let (world, host) = (World::new().await, Host::start().await);
        let replica = world.replica().await;
        connect(&world.cat, &host);
        connect(&replica, &host);
        let token = SecretString::from("0123456789abcdef0123456789abcdef");
        cloudflare::plan(&world.cat, &world.human, plan("one"), Some(token)).await.unwrap();

        host.answer("");
        let run = |cat: &Arc<Catalog>| {
            let (cat, human) = (cat.clone(), world.human.clone());
            tokio::spawn(async move { cloudflare::run(&cat, &human).await })
        };
        let first = run(&world.cat);
        assert_eq!(asked(&host).await.path, "/user/tokens/verify");
        let kind = |failed: Result<Setup, _>| {
            let failure = refusal(failed);
            assert!(failure.message.contains("under way in another process"), "{}", failure.message);
            failure.kind
        };
        assert_eq!(kind(run(&replica).await.unwrap()), FailureKind::Conflict);
        assert_eq!(kind(cloudflare::undo(&replica, &world.human).await), FailureKind::Conflict);
        assert_eq!(kind(cloudflare::plan(&replica, &world.human, plan("two"), None).await), FailureKind::Conflict);
        assert!(host.got().is_empty(), "nothing was sent");
        // Whoever asked goes away: the step goes on, and nobody else may begin one.
        first.abort();
        assert_eq!(kind(run(&replica).await.unwrap()), FailureKind::Conflict);

        // As if that process had died. Its turn ends, and what it does later takes nobody else's.
        world.clock.advance(TimeDelta::seconds(181));
        host.answer("");
        let second = run(&replica);
        asked(&host).await;
        world.cat.close().await;
        let third = world.replica().await;
        connect(&third, &host);
        assert_eq!(kind(run(&third).await.unwrap()), FailureKind::Conflict, "the second is at it");

        // A process that ends gives its turn back at once.
        replica.close().await;
        assert!(second.await.unwrap().is_err());
        host.answer(&refused());
        let setup = run(&third).await.unwrap().unwrap();
        let step = &setup.steps[0];
        assert_eq!(step.progress, Progress::Failed, "{step:?}");
        assert!(step.message.as_ref().unwrap().contains("not now"), "{step:?}");
        cloudflare::plan(&third, &world.human, plan("two"), None).await.unwrap();
        third.close().await;
    });
}
