//! Where the master key comes from, and who may read it.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use mcpbox_store::{KeyError, KeyOrigin, KeySource, Keyring};
use secrecy::SecretString;
use tempfile::TempDir;

use crate::{
    database::{keyring, on_sqlite},
    making,
};

fn write(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn source(directory: &TempDir) -> KeySource {
    KeySource { credentials_directory: None, file: directory.path().join("mcpbox.key"), environment: None }
}

#[test]
fn a_new_key_is_made_once_and_only_its_owner_can_read_it() {
    on_sqlite(async |database| {
        let source = source(&database.directory);
        let (key, origin) = source.load().unwrap();
        assert_eq!(origin, KeyOrigin::Created(source.file.clone()));
        assert_eq!(fs::metadata(&source.file).unwrap().permissions().mode() & 0o777, 0o600);
        making::written(&database.open(key).await.unwrap(), "weather").await;

        let (again, origin) = source.load().unwrap();
        assert_eq!(origin, KeyOrigin::File(source.file.clone()));
        database.open(again).await.unwrap();
        let names: Vec<_> = fs::read_dir(database.directory.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert!(names.iter().all(|name| !name.to_string_lossy().starts_with("mcpbox.key.")), "{names:?}");
    });
}

#[test]
fn keys_are_looked_for_in_the_documented_order() {
    let directory = TempDir::new().unwrap();
    let credentials = TempDir::new().unwrap();
    let mut source = source(&directory);
    source.environment = Some(SecretString::from("a".repeat(64)));
    assert_eq!(source.load().unwrap().1, KeyOrigin::Environment);
    assert!(!source.file.exists());
    write(&source.file, &"A".repeat(64), 0o600);
    assert_eq!(source.load().unwrap().1, KeyOrigin::File(source.file.clone()));
    source.credentials_directory = Some(credentials.path().to_owned());
    assert_eq!(source.load().unwrap().1, KeyOrigin::File(source.file.clone()));
    let credential = credentials.path().join("mcpbox.key");
    write(&credential, &"c".repeat(64), 0o440);
    assert_eq!(source.load().unwrap().1, KeyOrigin::Credential(credential));
}

#[test]
fn a_key_that_others_can_read_is_refused_with_the_command_that_mends_it() {
    let directory = TempDir::new().unwrap();
    let source = source(&directory);
    for mode in [0o640, 0o604, 0o620, 0o666] {
        write(&source.file, &"a".repeat(64), mode);
        let sentence = source.load().unwrap_err().to_string();
        assert!(sentence.ends_with(&format!("run: chmod 600 {}", source.file.display())), "{sentence}");
    }
    write(&source.file, &"a".repeat(64), 0o400);
    source.load().unwrap();
}

#[test]
fn two_keys_that_differ_are_refused() {
    let directory = TempDir::new().unwrap();
    let source = KeySource { environment: Some(SecretString::from("b".repeat(64))), ..source(&directory) };
    write(&source.file, &"a".repeat(64), 0o600);
    assert!(matches!(source.load(), Err(KeyError::Differ { .. })));
}

#[test]
fn what_is_not_a_key_is_refused_without_being_shown() {
    for text in ["", "abc", &"g".repeat(64), &"a".repeat(63), &"a".repeat(66), "sesame, open"] {
        let refused = Keyring::from_hex(&SecretString::from(text), "MCPBOX_ENCRYPTION_KEY").unwrap_err();
        let shown = format!("{refused} {refused:?}");
        assert!(shown.contains("MCPBOX_ENCRYPTION_KEY"), "{shown}");
        assert!(text.len() < 5 || !shown.contains(text), "{shown}");
    }
    Keyring::from_hex(&SecretString::from(format!("{}\n", "a".repeat(64))), "a file").unwrap();
}

#[test]
fn a_key_is_never_printed() {
    assert_eq!(format!("{:?}", keyring('d')), "Keyring");
}

#[test]
fn processes_that_start_at_once_end_up_with_one_key() {
    on_sqlite(async |database| {
        let file = database.directory.path().join("mcpbox.key");
        let starts: Vec<_> = (0..8)
            .map(|_| {
                let file = file.clone();
                std::thread::spawn(move || Keyring::load_or_create(&file).unwrap())
            })
            .collect();
        for start in starts {
            database.open(start.join().unwrap()).await.unwrap().close().await;
        }
    });
}
