//! Humans who proved just now who they are, and what their role makes of them. Only [`super`] makes a [`SignedIn`], and only its
//! role makes a [`Reviewer`] or an [`Admin`] of it: what takes one cannot be reached by anybody else.

use std::ops::Deref;

use mcpbox_core::{
    failure::{Failure, FailureKind},
    ids::{SessionId, UserId},
    principal::Actor,
    user::{Role, User},
};

use crate::CatalogError;

/// A human who proved just now who they are.
#[derive(Debug, Clone)]
pub struct SignedIn {
    user_id: UserId,
    username: String,
    role: Role,
    /// None when they proved it with their password.
    session: Option<SessionId>,
}

impl SignedIn {
    /// For the one module that checks proofs.
    pub(super) fn new(user: User, session: Option<SessionId>) -> Self {
        Self { user_id: user.id, username: user.username, role: user.role, session }
    }

    /// Their account.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// Their name.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// What they may do.
    pub fn role(&self) -> Role {
        self.role
    }

    /// How they stand in records.
    pub fn actor(&self) -> Actor {
        Actor::admin(&self.username)
    }

    /// The session that proves it; none for a password.
    pub(crate) fn session(&self) -> Option<SessionId> {
        self.session
    }

    /// Who may decide.
    ///
    /// # Errors
    /// `forbidden` for a viewer.
    pub fn reviewer(self) -> Result<Reviewer, CatalogError> {
        self.must_be(Role::Reviewer).map(Reviewer)
    }

    /// Who may do everything.
    ///
    /// # Errors
    /// `forbidden` for anybody but an admin.
    pub fn admin(self) -> Result<Admin, CatalogError> {
        Ok(Admin(Reviewer(self.must_be(Role::Admin)?)))
    }

    fn must_be(self, least: Role) -> Result<Self, CatalogError> {
        if self.role >= least {
            return Ok(self);
        }
        let (role, least) = (self.role.as_str(), least.as_str());
        let message = format!("this takes the role {least}; {} has the role {role}", self.username);
        let hint = "ask an admin to do it, or to change your role on the page Users";
        Err(Failure::new(FailureKind::Forbidden, message).hint(hint).into())
    }
}

/// A human who may decide. Whatever decides a review takes one.
#[derive(Debug, Clone)]
pub struct Reviewer(SignedIn);

impl Deref for Reviewer {
    type Target = SignedIn;

    fn deref(&self) -> &SignedIn {
        &self.0
    }
}

/// A human who may do everything. Whatever grants, or concerns secrets, settings or users, takes one.
#[derive(Debug, Clone)]
pub struct Admin(Reviewer);

impl Deref for Admin {
    type Target = Reviewer;

    fn deref(&self) -> &Reviewer {
        &self.0
    }
}
