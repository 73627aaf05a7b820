//! Known vulnerabilities, asked of an OSV database (https://google.github.io/osv.dev/api/) through the egress broker. When
//! it cannot be reached the answer is "not checked", never "none".

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use mcpbox_core::{
    capability::HostRule,
    package::{Vulnerability, VulnerabilityCheck},
};
use mcpbox_egress::{Broker, FetchRequest, Session, SessionGrants};
use serde::Deserialize;
use serde_json::{Value, json};

/// For all questions together.
const TIMEOUT: Duration = Duration::from_secs(20);
/// One question.
const QUESTION_MS: u64 = 8_000;
/// Vulnerabilities of one package that are kept.
const KEPT_MAX: usize = 20;
/// Summaries fetched for one resolution.
const SUMMARIES_MAX: usize = 40;
/// Pages of an answer that are followed.
const PAGES_MAX: usize = 10;

/// A client of the database.
#[derive(Clone)]
pub(crate) struct Osv {
    broker: Arc<Broker>,
    url: String,
}

#[derive(Debug, Deserialize)]
struct BatchAnswer {
    results: Vec<OneAnswer>,
}

#[derive(Debug, Default, Deserialize)]
struct OneAnswer {
    #[serde(default)]
    vulns: Vec<Named>,
    next_page_token: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Named {
    id: String,
}

impl Osv {
    /// A client of the database at this base URL.
    pub(crate) fn new(broker: Arc<Broker>, url: &str) -> Self {
        Self { broker, url: url.trim_end_matches('/').to_owned() }
    }

    /// What is known of these packages (name, version), in their order.
    pub(crate) async fn check(&self, packages: &[(&str, &str)]) -> Vec<VulnerabilityCheck> {
        let asked = tokio::time::timeout(TIMEOUT, self.ask(packages)).await;
        let answered = asked.unwrap_or_else(|_| {
            Err(format!("the vulnerability database did not answer within {} s", TIMEOUT.as_secs()))
        });
        match answered {
            Ok(found) => found.into_iter().map(|found| VulnerabilityCheck::Checked { found }).collect(),
            Err(reason) => packages.iter().map(|_| VulnerabilityCheck::NotChecked { reason: reason.clone() }).collect(),
        }
    }

    async fn ask(&self, packages: &[(&str, &str)]) -> Result<Vec<Vec<Vulnerability>>, String> {
        let session = self.session()?;
        let mut ids: Vec<Vec<String>> = vec![Vec::new(); packages.len()];
        let mut open: Vec<(usize, Option<String>)> = (0..packages.len()).map(|index| (index, None)).collect();
        for _ in 0..PAGES_MAX {
            if open.is_empty() {
                break;
            }
            let queries: Vec<Value> =
                open.iter().filter_map(|(index, page)| query(*packages.get(*index)?, page.as_deref())).collect();
            let answer = self.post(&session, "/v1/querybatch", &json!({"queries": queries})).await?;
            let answer: BatchAnswer = serde_json::from_value(answer).map_err(|error| unreadable(&error))?;
            if answer.results.len() != open.len() {
                return Err("the vulnerability database answered another question".to_owned());
            }
            let mut further = Vec::new();
            for ((index, _), one) in open.into_iter().zip(answer.results) {
                if let Some(ids) = ids.get_mut(index) {
                    ids.extend(one.vulns.into_iter().map(|named| named.id));
                }
                further.extend(one.next_page_token.filter(|token| !token.is_empty()).map(|token| (index, Some(token))));
            }
            open = further;
        }
        if !open.is_empty() {
            return Err("the vulnerability database has more answers than can be read".to_owned());
        }
        let summaries = self.summaries(&session, &ids).await;
        let told = |id: String| Vulnerability { summary: summaries.get(&id).cloned(), id };
        Ok(ids.into_iter().map(|ids| ids.into_iter().take(KEPT_MAX).map(told).collect()).collect())
    }

    /// A line about each; what cannot be fetched stays without.
    async fn summaries(&self, session: &Session, ids: &[Vec<String>]) -> BTreeMap<String, String> {
        let wanted = ids.iter().flat_map(|ids| ids.iter().take(KEPT_MAX)).filter(|id| is_id(id)).take(SUMMARIES_MAX);
        let fetches = wanted.map(|id| async move {
            let answer = self.send(session, "GET", &format!("/v1/vulns/{id}"), Bytes::new()).await.ok()?;
            let text = ["summary", "details"]
                .iter()
                .find_map(|field| answer.get(*field)?.as_str().filter(|text| !text.is_empty()))?;
            Some((id.clone(), text.lines().next().unwrap_or_default().chars().take(200).collect()))
        });
        futures::future::join_all(fetches).await.into_iter().flatten().collect()
    }

    fn session(&self) -> Result<Session, String> {
        let authority = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        let authority = authority.split('/').next().unwrap_or_default();
        let host = HostRule::parse(authority)
            .map_err(|error| format!("the setting of the vulnerability database: {error}"))?;
        Ok(self.broker.session(SessionGrants { hosts: Arc::new([host]), ..SessionGrants::default() }))
    }

    async fn post(&self, session: &Session, path: &str, body: &Value) -> Result<Value, String> {
        self.send(session, "POST", path, Bytes::from(body.to_string())).await
    }

    async fn send(&self, session: &Session, method: &str, path: &str, body: Bytes) -> Result<Value, String> {
        let request = FetchRequest {
            method: method.to_owned(),
            url: format!("{}{path}", self.url),
            headers: vec![
                ("Content-Type".into(), "application/json".into()),
                ("Accept".into(), "application/json".into()),
            ],
            body,
            follow_redirects: false,
            timeout_ms: Some(QUESTION_MS),
        };
        let response = session
            .fetch(request)
            .await
            .map_err(|error| format!("the vulnerability database cannot be reached: {error}"))?;
        if response.status != 200 {
            return Err(format!("the vulnerability database answered with status {}", response.status));
        }
        serde_json::from_slice(&response.body).map_err(|error| unreadable(&error))
    }
}

fn query((name, version): (&str, &str), page: Option<&str>) -> Option<Value> {
    let mut query = json!({"package": {"name": name, "ecosystem": "PyPI"}, "version": version});
    if let (Some(page), Some(query)) = (page, query.as_object_mut()) {
        query.insert("page_token".to_owned(), page.into());
    }
    Some(query)
}

fn is_id(id: &str) -> bool {
    id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

fn unreadable(error: &serde_json::Error) -> String {
    format!("the vulnerability database's answer cannot be read: {error}")
}

#[cfg(test)]
mod tests;
