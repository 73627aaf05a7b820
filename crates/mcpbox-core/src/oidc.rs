//! An OpenID provider that humans may log in with, as an admin sets it up.

use serde::{Deserialize, Serialize};

use crate::user::Role;

/// The provider and who of its accounts may come in. Nobody may while both lists are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Provider {
    /// Whether it is offered.
    pub is_on: bool,
    /// What the button calls it.
    pub name: String,
    /// Its issuer URL, exactly as it names itself.
    pub issuer: String,
    /// Our client id there.
    pub client_id: String,
    /// Verified e-mail addresses that may log in; `@example.com` stands for all of a domain.
    pub allowed_emails: Vec<String>,
    /// Groups whose members may log in.
    pub allowed_groups: Vec<String>,
    /// The claim that lists somebody's groups; empty is `groups`.
    pub groups_claim: String,
    /// Further scopes to ask for, beside `openid`, `email` and `profile`.
    pub scopes: Vec<String>,
    /// Which groups give which role; the highest that fits counts. With any rule, the provider decides the role at each login.
    pub roles: Vec<GroupRole>,
}

/// A group gives a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct GroupRole {
    /// The group.
    pub group: String,
    /// What its members may do.
    pub role: Role,
}

impl Provider {
    /// Whether somebody with this verified address (none when not verified) and these groups may come in.
    pub fn admits(&self, verified_email: Option<&str>, groups: &[String]) -> bool {
        let by_email = verified_email.is_some_and(|email| {
            let email = email.trim().to_lowercase();
            let domain = email.rsplit_once('@').map(|(_, domain)| domain);
            self.allowed_emails.iter().map(|allowed| allowed.trim().to_lowercase()).any(|allowed| {
                match allowed.strip_prefix('@') {
                    Some(wanted) => !wanted.is_empty() && domain == Some(wanted),
                    None => !allowed.is_empty() && allowed == email,
                }
            })
        });
        by_email || self.allowed_groups.iter().any(|allowed| groups.contains(allowed))
    }

    /// The role these groups give; none while there are no rules, so that an admin decides here.
    pub fn role(&self, groups: &[String]) -> Option<Role> {
        if self.roles.is_empty() {
            return None;
        }
        let fitting = self.roles.iter().filter(|rule| groups.contains(&rule.group)).map(|rule| rule.role);
        Some(fitting.max().unwrap_or(Role::Viewer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider() -> Provider {
        Provider {
            allowed_emails: vec!["Anna@Example.com".into(), "@home.test".into(), "@".into(), String::new()],
            allowed_groups: vec!["box".into()],
            ..Provider::default()
        }
    }

    #[test]
    fn only_listed_verified_addresses_domains_and_groups_come_in() {
        let provider = provider();
        let group = vec!["box".to_owned()];
        for (email, groups, is_admitted) in [
            (Some("anna@example.com"), &[][..], true),
            (Some("ben@HOME.test"), &[], true),
            (None, &group[..], true),
            (None, &[], false),
            (Some("ben@example.com"), &[], false),
            (Some("ben@home.test.evil.test"), &[], false),
            (Some("ben@sub.home.test"), &[], false),
            (Some(""), &[], false),
            (Some("@"), &[], false),
        ] {
            assert_eq!(provider.admits(email, groups), is_admitted, "{email:?} {groups:?}");
        }
        assert!(!Provider::default().admits(Some("anna@example.com"), &group), "nobody is on an empty list");
    }

    #[test]
    fn the_highest_role_of_the_groups_counts_and_a_viewer_is_who_has_none() {
        let rule = |group: &str, role| GroupRole { group: group.into(), role };
        let rules = vec![rule("a", Role::Reviewer), rule("b", Role::Admin)];
        let provider = Provider { roles: rules, ..provider() };
        let groups = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(provider.role(&groups(&["a", "b"])), Some(Role::Admin));
        assert_eq!(provider.role(&groups(&["a"])), Some(Role::Reviewer));
        assert_eq!(provider.role(&groups(&["c"])), Some(Role::Viewer));
        assert_eq!(super::tests::provider().role(&groups(&["b"])), None);
    }
}
