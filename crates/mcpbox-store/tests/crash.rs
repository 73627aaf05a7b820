//! `kill -9` of a process that writes: whatever it had acknowledged is there, and the audit chain is whole.
//!
//! A test without the usual harness, because it starts itself again as the process that is killed.

#![cfg(test)]

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, Stdio},
};

use mcpbox_core::ids::ServerId;
use mcpbox_store::{Location, Store, audit, audit::ChainCheck, servers};
use mcpbox_testing as database;

#[expect(dead_code, reason = "shared with the other tests, which use all of it")]
#[path = "store/making.rs"]
mod making;

/// Set for the process that is killed: where it writes.
const WRITE_TO: &str = "MCPBOX_TEST_WRITE_TO";
/// Acknowledged writes before the kill.
const WRITES: usize = 60;
const ROUNDS: usize = 3;

fn main() {
    match std::env::var(WRITE_TO) {
        Ok(place) => write_until_killed(&place),
        Err(_) => database::on_both(async |database| {
            let mut acknowledged = Vec::new();
            for _ in 0..ROUNDS {
                acknowledged.extend(kill_a_writer(&database.location));
                check(&database.store().await, &acknowledged).await;
            }
            eprintln!("{:?}: {} acknowledged writes, all there", database.backend(), acknowledged.len());
        }),
    }
}

async fn check(store: &Store, acknowledged: &[ServerId]) {
    assert!(acknowledged.len() >= WRITES, "{}", acknowledged.len());
    for id in acknowledged {
        assert!(servers::by_id(&store.reader(), *id).await.unwrap().is_some(), "{id} was acknowledged and is lost");
    }
    // Each write is a server and its audit row: there are as many of the one as of the other, and at most one per
    // kill that was committed but could not be acknowledged any more.
    let written = servers::count(&store.reader()).await.unwrap();
    assert!(written >= acknowledged.len() as u64);
    assert_eq!(audit::verify(&store.reader()).await.unwrap(), ChainCheck::Intact { rows: written });
    store.close().await;
}

/// Starts a writer, kills it in the middle of its work, and gives what it had acknowledged until then.
fn kill_a_writer(location: &Location) -> Vec<ServerId> {
    let mut writer = start_writer(location);
    let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let mut acknowledged = Vec::new();
    for line in lines {
        let Ok(id) = line.unwrap().parse() else { break };
        acknowledged.push(id);
        if acknowledged.len() == WRITES {
            writer.kill().unwrap();
        }
    }
    writer.wait().unwrap();
    acknowledged
}

#[expect(clippy::disallowed_methods, reason = "the process is this test itself")]
fn start_writer(location: &Location) -> Child {
    let place = match location {
        Location::Sqlite(path) => path.to_str().unwrap().to_owned(),
        Location::Postgres(url) => url.clone(),
    };
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.env(WRITE_TO, place).stdout(Stdio::piped()).spawn().unwrap()
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn write_until_killed(place: &str) {
    let location = match place.starts_with("postgres://") {
        true => Location::Postgres(place.to_owned()),
        false => Location::Sqlite(place.into()),
    };
    let store = Store::open(&location, database::keyring('a')).await.unwrap();
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let store = store.clone();
        writers.spawn(async move {
            for number in 0.. {
                let id = write(&store, &format!("s{}_{writer}_{number}", std::process::id())).await;
                let mut stdout = std::io::stdout().lock();
                writeln!(stdout, "{id}").unwrap();
                stdout.flush().unwrap();
            }
        });
    }
    writers.join_all().await;
}

async fn write(store: &Store, name: &str) -> ServerId {
    let server = making::server(name);
    let tx = store.begin().await.unwrap();
    servers::insert(&tx, &server).await.unwrap();
    audit::append(&tx, making::entry(name), making::moment()).await.unwrap();
    tx.commit().await.unwrap();
    server.id
}
