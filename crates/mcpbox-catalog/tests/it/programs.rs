//! Sources that are programs: a human reads and allows exactly what is started, and a value that no code may see is kept from them.

use std::{collections::BTreeMap, sync::Arc};

use mcpbox_catalog::{
    listing, review,
    source::{self, AddSource, AuthKind},
};
use mcpbox_core::{
    capability::Capability,
    failure::FailureKind,
    grant::{Grant, GrantEvent, GrantScope, GrantState},
    name::SecretKey,
    paging::PageRequest,
    program::ProgramRule,
    secret::{Secret, SecretMode},
    source::{SourceRule, TransportKind},
};
use mcpbox_store::secrets;

use crate::support::{
    World, refusal,
    there::{There, offered},
};

fn program() -> ProgramRule {
    let env = source::variables(["MODE=loud", "PROGRAM_TOKEN"]).unwrap();
    let (args, read) = (vec!["/opt/server.js".into()], vec!["/opt".into()]);
    ProgramRule { command: "node".into(), args, env, read, private: true, ..ProgramRule::default() }
}

fn request(program: ProgramRule) -> AddSource {
    AddSource {
        server: "s".into(),
        name: "there".into(),
        url: String::new(),
        transport: TransportKind::Stdio,
        auth: AuthKind::None,
        secret: None,
        header: None,
        program: Some(program),
    }
}

async fn world() -> (World, Arc<There>) {
    let world = World::new().await;
    world.server("s").await;
    let there = There::offering(vec![offered("add", "Adds.")]);
    source::connect(&world.cat, there.clone());
    (world, there)
}

async fn grant(world: &World) -> Grant {
    listing::grants(&world.cat, &listing::GrantFilter::default(), PageRequest::default()).await.unwrap().items.remove(0)
}

async fn secret(world: &World) -> Secret {
    let GrantScope::Server(server) = grant(world).await.scope else { panic!("of a server") };
    secrets::by_key(&world.store.reader(), server, &SecretKey::parse("PROGRAM_TOKEN").unwrap()).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_human_allows_exactly_the_program_that_they_read() {
    let (world, there) = world().await;
    let added = source::add_source(&world.cat, &world.llm, request(program())).await.unwrap();
    assert_eq!(added.access, GrantState::Pending);
    let asked = grant(&world).await;
    let Capability::Source(rule) = &asked.capability else { panic!("{asked:?}") };
    assert_eq!(rule.program.as_deref(), Some(&program()));
    let told = asked.capability.to_string();
    assert!(told.contains("node /opt/server.js, reading /opt, with a directory of its own, with MODE=loud PROGRAM_TOKEN=(secret PROGRAM_TOKEN)"), "{told}");
    let refused = refusal(source::discover(&world.cat, &world.llm, "there").await);
    assert_eq!((refused.kind, there.contacts()), (FailureKind::HostDenied, (0, 0)), "nothing starts before");
    assert_eq!(secret(&world).await.mode, SecretMode::Revealed, "whoever sets the value knows that it is seen");

    review::decide_grant(&world.cat, &world.human, asked.id, &asked.content_hash(), GrantEvent::Approve, "")
        .await
        .unwrap();
    let refused = refusal(source::discover(&world.cat, &world.llm, "there").await);
    assert_eq!((refused.kind, there.contacts()), (FailureKind::SecretMissing, (0, 0)));
    // Any other word is another program, which the name does not stand for.
    let more = ProgramRule { write: vec!["/srv".into()], ..program() };
    let refused = refusal(source::add_source(&world.cat, &world.llm, request(more)).await);
    assert_eq!(refused.kind, FailureKind::Conflict);
    assert_eq!(
        source::add_source(&world.cat, &world.llm, request(program())).await.unwrap().access,
        GrantState::Approved
    );
}

#[tokio::test]
async fn what_is_no_program_is_refused_with_what_to_write_instead() {
    let (world, _) = world().await;
    let refused = async |request: AddSource| refusal(source::add_source(&world.cat, &world.llm, request).await).kind;
    let none = AddSource { program: None, ..request(program()) };
    let both = AddSource { url: "https://mcp.example.com/mcp".into(), ..request(program()) };
    let http = AddSource { transport: TransportKind::StreamableHttp, ..both.clone() };
    let relative = request(ProgramRule { command: "./server".into(), ..program() });
    let kernel = request(ProgramRule { read: vec!["/proc".into()], ..program() });
    let hidden = request(ProgramRule { args: vec!["a\u{202e}b".into()], ..program() });
    for one in [none, both, http, relative, kernel, hidden] {
        assert_eq!(refused(one.clone()).await, FailureKind::InvalidArguments, "{one:?}");
    }
    assert_eq!(source::variables(["not a key"]).unwrap_err().kind, FailureKind::InvalidArguments);
    assert_eq!(source::variables([]).unwrap(), BTreeMap::new());
}

#[tokio::test]
async fn a_program_is_granted_no_host_that_is_never_reachable() {
    let (world, _) = world().await;
    source::add_source(&world.cat, &world.llm, request(program())).await.unwrap();
    let asked = grant(&world).await;
    let Capability::Source(rule) = asked.capability else { panic!("of a source") };
    let hosts = source::hosts(["169.254.169.254:80"]).unwrap();
    let wide = SourceRule { program: Some(Box::new(ProgramRule { hosts, ..program() })), ..rule };
    let refused = review::add_grant(&world.cat, &world.human, asked.scope, Capability::Source(wide), "").await;
    assert_eq!(refusal(refused).kind, FailureKind::InvalidArguments);
}
