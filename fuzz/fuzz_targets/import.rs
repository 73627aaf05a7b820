//! Files as anybody might hand them to an import. Whatever they say, nothing panics, what is refused is refused with a reason, and a trial
//! leaves nothing behind.
#![no_main]

use std::sync::LazyLock;

use mcpbox_catalog::{
    Admin, CatalogError, session,
    transfer::{self, ImportOptions},
};
use mcpbox_core::clock::{Clock, SystemClock};
use mcpbox_fuzz::{CATALOG, RUNTIME, STORE};
use secrecy::SecretString;

const PASSWORD: &str = "correct horse battery";

static HUMAN: LazyLock<Admin> = LazyLock::new(|| {
    let (cat, store) = (&*CATALOG, &*STORE);
    RUNTIME.block_on(async {
        mcpbox_testing::add_admin(store, "anna", PASSWORD, SystemClock.now()).await;
        session::signed_in_from_password(cat, "anna", &SecretString::from(PASSWORD), None).await.unwrap().admin().unwrap()
    })
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let human = &*HUMAN;
    RUNTIME.block_on(async {
        let options = ImportOptions { dry_run: true, ..ImportOptions::default() };
        match transfer::import(&CATALOG, human, text, options).await {
            Ok(report) => assert!(report.dry_run),
            Err(CatalogError::Refused(failure)) => assert!(!failure.message.is_empty()),
            Err(error) => panic!("not a refusal: {error}"),
        }
        assert_eq!(transfer::export(&CATALOG, human).await.unwrap().servers.len(), 0, "a trial stored something");
    });
});
