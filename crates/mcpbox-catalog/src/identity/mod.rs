//! Who people are: accounts and their roles, and the ways to prove that an account is yours beside its password: one-time codes,
//! passkeys, an OpenID provider. What proves somebody here ends in a session, or in a [`Person`] for the gateway, which can
//! decide nothing.

mod account;
pub(crate) mod ceremony;
mod codes;
mod oidc;
mod passkeys;
mod people;
mod recover;
mod second;
mod welcome;

pub use self::{
    account::{CodeAppView, Enrolment, OwnAccount, PasskeyView, own_account},
    codes::{confirm_code_app, remove_code_app, renew_recovery_codes, start_code_app},
    oidc::{
        OidcAnswer, OidcDone, OidcStart, ProviderChange, ProviderCheck, ProviderView, change_provider, check_provider,
        finish_oidc, offered_provider, provider, start_oidc_link, start_oidc_login, unlink_oidc,
    },
    passkeys::{
        PasskeyEnrolment, PasskeyLogin, Site, finish_passkey, finish_passkey_login, remove_passkey, start_passkey,
        start_passkey_login,
    },
    people::{NewUser, UserChange, UserView, change_user, create_user, delete_user, remove_factors, users},
    recover::recover_admin,
    second::{Proof, SecondFactor, answer_second_factor},
    welcome::{Invitation, Invited, accept_invitation, invitation, invite_again},
};
pub(crate) use self::{
    codes::check_code,
    oidc::{Errand, finish_oidc_person, start_oidc_person},
    second::{ask_second_factor, has_second_factor, person_from_password},
};

use mcpbox_core::user::{Role, User};

/// Somebody who proved who they are to the gateway. Opens nothing: it says whose name stands on what a client then does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their account.
    pub user_id: mcpbox_core::ids::UserId,
    /// Its name.
    pub username: String,
    /// Its role.
    pub role: Role,
}

impl Person {
    fn of(user: &User) -> Self {
        Self { user_id: user.id, username: user.username.clone(), role: user.role }
    }
}
