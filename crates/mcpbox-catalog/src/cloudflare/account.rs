//! The first step: whether the token is good, whose account it is for, and what that account has.

use serde_json::Value;

use super::{
    api::Trouble,
    state::Known,
    steps::{Work, named, text},
};

/// Is the token good, which account is it, and what has that account.
pub(super) async fn verify(work: &Work<'_>) -> Result<(Known, String), Trouble> {
    let (api, step) = (&work.api, work.step);
    let token = api.get(step, "/user/tokens/verify".to_owned()).await?;
    if token.get("status").and_then(Value::as_str) != Some("active") {
        return Err(Trouble::refusal("Cloudflare says that the token is not active. Make another one, and enter it."));
    }
    let (account_id, account) = find_account(work).await?;
    let path = format!("/accounts/{account_id}/access/organizations");
    let organization = api.get(step, path).await.map_err(|trouble| match trouble.is_absent {
        true => Trouble::refusal("This account has no Zero Trust organization yet. Open Zero Trust in Cloudflare's dashboard once (the free plan is enough), then go on."),
        false => trouble,
    })?;
    let team_domain = text(&organization, "auth_domain")?;
    let path = format!("/accounts/{account_id}/workers/subdomain");
    let subdomain = api.get(step, path).await.map_err(|trouble| match trouble.is_absent {
        true => Trouble::refusal("This account has no workers.dev subdomain yet. Open Workers in Cloudflare's dashboard once and choose one, then go on."),
        false => trouble,
    })?;
    let subdomain = text(&subdomain, "subdomain")?;
    let message = format!("The token is good for the account {account}; people sign in at {team_domain}.");
    let known = [("account_id", account_id), ("team_domain", team_domain), ("subdomain", subdomain)];
    Ok((named(known), message))
}

async fn find_account(work: &Work<'_>) -> Result<(String, String), Trouble> {
    if let Some(id) = &work.plan.account_id {
        let account = work.api.get(work.step, format!("/accounts/{id}")).await?;
        return Ok((text(&account, "id")?, text(&account, "name")?));
    }
    let accounts = work.api.get(work.step, "/accounts?page=1&per_page=50".to_owned()).await?;
    match accounts.as_array().map(Vec::as_slice) {
        Some([account]) => Ok((text(account, "id")?, text(account, "name")?)),
        Some([]) | None => {
            Err(Trouble::refusal("The token sees no account. Make it for the account that you want to use."))
        }
        Some(_) => Err(Trouble::refusal("The token sees several accounts. Name the id of one in the plan.")),
    }
}
