//! A database of the oldest schema, as the first release had it: real rows with a live tool, a secret and an audit chain,
//! brought back to `m0001_initial` and kept as SQL. Today's program opens it and finds everything.

use mcpbox_core::{
    name::{SecretKey, ToolName},
    paging::PageRequest,
    version::VersionState,
};
use mcpbox_store::{Keyring, audit, secrets, servers, tools, versions};
use secrecy::{ExposeSecret, SecretString};

use crate::database::on_sqlite;

const OLDEST: &str = include_str!("fixtures/m0001.sql");
/// The key of that database, which holds nothing but made-up rows.
const KEY: &str = "506a3fa3e03068ba7e03289f4376e615df9bed8d4abb511fcde6831f63de4759";

#[test]
fn a_database_of_the_oldest_schema_is_copied_migrated_and_whole() {
    on_sqlite(async |database| {
        database.make_file();
        database.tamper(OLDEST).await;
        let store = database.open(Keyring::from_hex(&SecretString::from(KEY), "the test").unwrap()).await.unwrap();
        let reader = store.reader();
        let server = servers::list(&reader, PageRequest::new(1, 10)).await.unwrap().items.remove(0);
        assert_eq!(server.name.as_str(), "maths");
        let name = ToolName::parse("add").unwrap();
        let tool = tools::by_server_and_name(&reader, server.id, &name).await.unwrap().unwrap();
        let live = versions::by_id(&reader, tool.live_version.unwrap()).await.unwrap().unwrap();
        assert_eq!((live.state, live.content.hash()), (VersionState::Approved, live.content_hash.clone()));
        let key = SecretKey::parse("API_KEY").unwrap();
        let opened = secrets::unseal(&reader, server.id, &[key]).await.unwrap();
        assert_eq!(opened[0].1.expose_secret(), "s3cr3t-value-of-the-forecast");
        assert!(opened[0].0.value_set_at.is_some(), "what m0007 works out of old rows");
        assert_eq!(audit::verify(&reader).await.unwrap(), audit::ChainCheck::Intact { rows: 14 });
        store.close().await;
        let revisions = database.text("SELECT CAST(count(*) AS TEXT) FROM review_revisions").await;
        assert_eq!(revisions, "2", "what m0003 works out of old rows");
        let copy = database.directory.path().join("mcpbox.db.before-m0002_packages");
        assert!(copy.metadata().unwrap().len() > 0);
    });
}
