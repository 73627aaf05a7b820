//! Parsing at the edge: bodies, paths and queries become checked types here or the request ends as a problem.

use std::{convert::Infallible, time::Duration};

use axum::extract::{
    FromRequest, FromRequestParts, Request,
    rejection::{JsonRejection, PathRejection, QueryRejection},
};
use http::{StatusCode, request::Parts};
use mcpbox_catalog::identity;
use serde::de::DeserializeOwned;

use crate::{
    guard::host::named,
    peer::{Https, Peer},
    problem::Problem,
    state::AdminState,
};

/// How long a client may take to send a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// A JSON body.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(req: Request, state: &S) -> Result<Self, Problem> {
        let parsed = tokio::time::timeout(BODY_TIMEOUT, axum::Json::<T>::from_request(req, state)).await;
        match parsed {
            Ok(Ok(axum::Json(value))) => Ok(Self(value)),
            Ok(Err(rejection)) => Err(json_problem(&rejection)),
            Err(_) => Err(Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                "body_timeout",
                "The body did not arrive in time",
                format!("Send the whole body within {} s.", BODY_TIMEOUT.as_secs()),
            )),
        }
    }
}

fn json_problem(rejection: &JsonRejection) -> Problem {
    match rejection {
        JsonRejection::JsonSyntaxError(error) => Problem::new(
            StatusCode::BAD_REQUEST,
            "malformed_json",
            "The body is not JSON",
            format!("{}; send one JSON object.", error.body_text()),
        ),
        JsonRejection::JsonDataError(error) => {
            Problem::invalid(format!("{}; GET /api/openapi.json describes the body.", error.body_text()))
        }
        other => Problem::of_status(other.status()),
    }
}

/// Parameters of the path.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let parsed = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        parsed.map(|axum::extract::Path(value)| Self(value)).map_err(|rejection| path_problem(&rejection))
    }
}

fn path_problem(rejection: &PathRejection) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "malformed_path",
        "The path cannot be read",
        format!("{}; take ids from the lists of this API.", rejection.body_text()),
    )
}

/// Parameters of the query.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let parsed = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        parsed.map(|axum::extract::Query(value)| Self(value)).map_err(|rejection| query_problem(&rejection))
    }
}

fn query_problem(rejection: &QueryRejection) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "malformed_query",
        "The query cannot be read",
        format!("{}; GET /api/openapi.json describes the parameters.", rejection.body_text()),
    )
}

/// The origin of the page that asks, as the guards checked it; none where passkeys cannot work.
pub(crate) struct Site(pub(crate) Option<identity::Site>);

impl Site {
    /// For what is about passkeys alone.
    ///
    /// # Errors
    /// A problem that says which addresses they work on.
    pub(crate) fn required(self) -> Result<identity::Site, Problem> {
        self.0.ok_or_else(|| {
            Problem::invalid(
                "Passkeys work on host names that browsers trust: open MCPbox by https under a name, or as localhost.",
            )
        })
    }
}

impl FromRequestParts<AdminState> for Site {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AdminState) -> Result<Self, Infallible> {
        let Ok(Peer::Address(_)) = Peer::from_request_parts(parts, state).await else { return Ok(Self(None)) };
        let Https(https) = state.https(&parts.extensions);
        let scheme = if https { "https" } else { "http" };
        let host = named(&parts.uri, &parts.headers).filter(|host| state.hosts.allows(host));
        Ok(Self(host.and_then(|host| identity::Site::parse(&format!("{scheme}://{host}")))))
    }
}
