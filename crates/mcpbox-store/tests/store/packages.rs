//! Resolutions of packages.

use mcpbox_core::package::{
    PackageLock, PackageOrigin, Requirements, Resolution, ResolutionState, ResolvedPackage, Vulnerability,
    VulnerabilityCheck, requirements_hash,
};
use mcpbox_store::resolutions;

use crate::{database::on_both, making::later};

fn pending(text: &str) -> Resolution {
    let requirements: Requirements = [text.to_owned()].into();
    Resolution {
        id: requirements_hash(&requirements),
        requirements,
        state: ResolutionState::Pending,
        reason: None,
        lock: None,
        packages: Vec::new(),
        created_at: later(0),
        finished_at: None,
    }
}

fn resolved(open: &Resolution) -> Resolution {
    let found = vec![Vulnerability { id: "GHSA-1".into(), summary: Some("bad".into()) }];
    let package = ResolvedPackage {
        name: "pandas".into(),
        version: "3.1.1".into(),
        origin: PackageOrigin::Requested,
        size_bytes: Some(11_978_871),
        license: Some("BSD-3-Clause".into()),
        summary: None,
        vulnerabilities: VulnerabilityCheck::Checked { found },
    };
    Resolution {
        state: ResolutionState::Resolved,
        lock: Some(PackageLock::new("pandas==3.1.1 \\\n    --hash=sha256:00\n".into(), vec!["pandas".into()])),
        packages: vec![package],
        finished_at: Some(later(1)),
        ..open.clone()
    }
}

#[test]
fn a_resolution_is_made_once_fails_is_tried_again_and_then_stands() {
    on_both(async |database| {
        let store = database.store().await;
        let open = pending("pandas");
        let failed = Resolution { state: ResolutionState::Failed, reason: Some("offline".into()), ..open.clone() };
        let done = resolved(&open);
        let tx = store.begin().await.unwrap();
        assert!(resolutions::insert(&tx, &open).await.unwrap());
        assert!(!resolutions::insert(&tx, &open).await.unwrap());
        assert!(resolutions::insert(&tx, &pending("pyyaml")).await.unwrap());
        assert_eq!(resolutions::pending(&tx).await.unwrap().len(), 2);
        assert!(resolutions::update(&tx, &failed).await.unwrap());
        assert_eq!(resolutions::by_id(&tx, &open.id).await.unwrap().as_ref(), Some(&failed));
        assert!(resolutions::update(&tx, &open).await.unwrap());
        assert!(resolutions::update(&tx, &done).await.unwrap());
        assert!(!resolutions::update(&tx, &failed).await.unwrap(), "what a human may have seen stands");
        tx.commit().await.unwrap();

        let reader = store.reader();
        let read = resolutions::by_id(&reader, &open.id).await.unwrap().unwrap();
        assert_eq!(read, done);
        assert!(read.lock.as_ref().unwrap().is_sound());
        let lock = read.lock.unwrap().hash;
        assert_eq!(resolutions::by_lock(&reader, &lock).await.unwrap().unwrap().id, open.id);
        let standing = resolutions::all(&reader).await.unwrap();
        let of_pandas = standing.iter().find(|standing| standing.id == open.id).unwrap();
        assert_eq!((of_pandas.state, of_pandas.lock.as_ref()), (ResolutionState::Resolved, Some(&lock)));
        assert_eq!(resolutions::pending(&reader).await.unwrap(), [pending("pyyaml")]);
    });
}
