//! All routes of the API on one page, and its description.

use mcpbox_catalog::listing::Detail;
use utoipa::{
    OpenApi as _,
    openapi::{
        Content, OpenApi, Ref, RefOr, ResponseBuilder,
        path::{Operation, PathItem},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{
        account, audit, backups, calls, cloudflare, connection, document, events, grants, invitation, modules,
        notifications, oauth, oidc, openapi, packages, policy, reviews, sandbox, secrets, servers, session, sessions,
        settings, setup, sources, storage, tokens, tools, transfer, users,
    },
    problem::{self, Details},
    state::AdminState,
};

/// Operations that need no credentials, as `METHOD path`; a test refuses any other that answers without.
pub const PUBLIC_OPERATIONS: [&str; 12] = [
    "GET /api/session/oidc/callback",
    "GET /api/session/ways",
    "GET /api/setup",
    "GET /api/sources/login/callback",
    "POST /api/invitation",
    "POST /api/invitation/accept",
    "POST /api/session",
    "POST /api/session/oidc",
    "POST /api/session/passkey",
    "POST /api/session/passkey/answer",
    "POST /api/session/second",
    "POST /api/setup",
];

/// The routes, without `/api`.
pub(crate) fn api() -> axum::Router<AdminState> {
    described().split_for_parts().0
}

fn described() -> OpenApiRouter<AdminState> {
    OpenApiRouter::new()
        .routes(routes!(setup::show::show, setup::complete::complete))
        .routes(routes!(setup::sample::make_sample))
        .routes(routes!(connection::show::show))
        .routes(routes!(connection::check::check))
        .routes(routes!(session::show::show, session::login::login, session::logout::logout))
        .routes(routes!(session::change_password::change_password))
        .merge(people())
        .routes(routes!(sessions::list::list))
        .routes(routes!(sessions::end::end))
        .routes(routes!(sessions::end_others::end_others))
        .routes(routes!(servers::list::list, servers::create::create))
        .routes(routes!(servers::show::show, servers::change::change, servers::delete::delete))
        .routes(routes!(servers::start::start))
        .routes(routes!(servers::stop::stop))
        .routes(routes!(servers::list_tools::list_tools))
        .merge(secret_routes())
        .merge(source_routes())
        .routes(routes!(tools::list::list))
        .routes(routes!(tools::search::search))
        .routes(routes!(tools::show::show, tools::change::change, tools::delete::delete))
        .routes(routes!(tools::status::status))
        .routes(routes!(tools::list_versions::list_versions))
        .routes(routes!(tools::show_version::show_version))
        .routes(routes!(tools::compare_versions::compare_versions))
        .routes(routes!(tools::test::test))
        .routes(routes!(tools::call::call))
        .merge(reviewing())
        .routes(routes!(policy::list_decisions::list_decisions))
        .routes(routes!(policy::preview::preview))
        .routes(routes!(grants::list::list, grants::add::add))
        .routes(routes!(grants::decide::approve))
        .routes(routes!(grants::decide::reject))
        .routes(routes!(grants::decide::revoke))
        .routes(routes!(calls::list::list))
        .routes(routes!(calls::count::count))
        .routes(routes!(calls::series::series))
        .routes(routes!(calls::show::show))
        .routes(routes!(calls::mark_example::mark_example))
        .routes(routes!(audit::list::list))
        .routes(routes!(audit::verify::verify))
        .routes(routes!(audit::decisions::decisions))
        .routes(routes!(settings::show::show, settings::replace::replace))
        .routes(routes!(storage::storage))
        .routes(routes!(notifications::list::list, notifications::create::create))
        .routes(routes!(notifications::change::change, notifications::delete::delete))
        .routes(routes!(notifications::test::test))
        .merge(remote_access())
        .routes(routes!(backups::list::list, backups::create::create))
        .routes(routes!(backups::download::download))
        .routes(routes!(transfer::export::export))
        .routes(routes!(transfer::import::import))
        .routes(routes!(openapi::look::look_openapi))
        .routes(routes!(openapi::import::import_openapi))
        .routes(routes!(sandbox::show))
        .routes(routes!(modules::show))
        .routes(routes!(packages::list::list))
        .routes(routes!(packages::install::install))
        .routes(routes!(events::stream))
        .routes(routes!(document::show))
}

fn secret_routes() -> OpenApiRouter<AdminState> {
    OpenApiRouter::new()
        .routes(routes!(secrets::list_all::list_all))
        .routes(routes!(secrets::list::list, secrets::create::create))
        .routes(routes!(secrets::change::change, secrets::delete::delete))
        .routes(routes!(secrets::set_value::set_value, secrets::clear_value::clear_value))
}

fn source_routes() -> OpenApiRouter<AdminState> {
    OpenApiRouter::new()
        .routes(routes!(sources::list::list_sources, sources::add::add))
        .routes(routes!(sources::delete::delete_source))
        .routes(routes!(sources::discover::discover))
        .routes(routes!(sources::import::import))
        .routes(routes!(sources::login::begin_login, sources::login::end_login))
        .routes(routes!(sources::login::login_callback))
}

fn people() -> OpenApiRouter<AdminState> {
    OpenApiRouter::new()
        .routes(routes!(session::ways::ways))
        .routes(routes!(session::second::answer))
        .routes(routes!(session::passkey::start_passkey))
        .routes(routes!(session::passkey::answer_passkey))
        .routes(routes!(session::oidc::start_oidc))
        .routes(routes!(session::oidc::callback_oidc))
        .routes(routes!(invitation::look))
        .routes(routes!(invitation::accept))
        .routes(routes!(account::show::show))
        .routes(routes!(account::code_app::start_code_app, account::code_app::confirm_code_app))
        .routes(routes!(account::code_app::remove_code_app))
        .routes(routes!(account::code_app::renew_codes))
        .routes(routes!(account::passkeys::start_passkey, account::passkeys::finish_passkey))
        .routes(routes!(account::passkeys::remove_passkey))
        .routes(routes!(account::oidc::link))
        .routes(routes!(account::oidc::unlink))
        .routes(routes!(users::list::list, users::create::create))
        .routes(routes!(users::change::change, users::delete::delete))
        .routes(routes!(users::invite::invite))
        .routes(routes!(users::remove_factors::remove_factors))
        .routes(routes!(oidc::show, oidc::replace))
        .routes(routes!(oidc::check))
}

fn reviewing() -> OpenApiRouter<AdminState> {
    OpenApiRouter::new()
        .routes(routes!(reviews::list::list))
        .routes(routes!(reviews::show::show))
        .routes(routes!(reviews::approve::approve))
        .routes(routes!(reviews::reject::reject))
        .routes(routes!(reviews::resolve::resolve))
        .routes(routes!(reviews::mark_seen::mark_seen))
        .routes(routes!(reviews::first_runs::first_runs))
        .routes(routes!(reviews::revoke::revoke))
        .routes(routes!(reviews::bulk::approve_many))
        .routes(routes!(reviews::bulk::reject_many))
        .routes(routes!(reviews::test::test))
        .routes(routes!(reviews::repeat::repeat))
}

fn remote_access() -> OpenApiRouter<AdminState> {
    OpenApiRouter::new()
        .routes(routes!(oauth::requests::list))
        .routes(routes!(oauth::requests::approve))
        .routes(routes!(oauth::requests::deny))
        .routes(routes!(oauth::clients::list, oauth::clients::enter, oauth::clients::delete))
        .routes(routes!(oauth::authorizations::list))
        .routes(routes!(oauth::authorizations::revoke))
        .routes(routes!(tokens::list::list, tokens::create::create))
        .routes(routes!(tokens::revoke::revoke))
        .routes(routes!(cloudflare::show, cloudflare::plan))
        .routes(routes!(cloudflare::next))
        .routes(routes!(cloudflare::undo))
        .routes(routes!(cloudflare::forget))
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "MCPbox admin API",
        description = "What a human does with MCPbox: review, grant, set secrets, watch. Errors are \
            application/problem+json (RFC 9457). Names may stand for the ids of servers and tools.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(Details, Detail))
)]
struct Document;

/// The API described in OpenAPI 3.1, with credentials and errors on every operation.
pub fn openapi() -> OpenApi {
    let mut document = Document::openapi();
    let described = OpenApiRouter::with_openapi(OpenApi::default()).nest("/api", described());
    document.merge(described.into_openapi());
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            complete(operation, PUBLIC_OPERATIONS.contains(&format!("{method} {path}").as_str()));
        }
    }
    let components = document.components.get_or_insert_default();
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
        "mcpbox_session",
        "Set by POST /api/session; named __Host-mcpbox_session behind https.",
    )));
    components.add_security_scheme("session", cookie);
    let password = HttpBuilder::new()
        .scheme(HttpAuthScheme::Basic)
        .description(Some("Only on the socket in the data directory, where reading and calling need no credentials."))
        .build();
    components.add_security_scheme("password", SecurityScheme::Http(password));
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [
        ("GET", &mut item.get),
        ("PUT", &mut item.put),
        ("POST", &mut item.post),
        ("PATCH", &mut item.patch),
        ("DELETE", &mut item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// Adds what all operations share: a unique id (`reviews_approve`), the error, the credentials.
fn complete(operation: &mut Operation, public: bool) {
    let noun = operation.tags.iter().flatten().next().cloned().unwrap_or_default();
    operation.operation_id = operation.operation_id.take().map(|verb| format!("{noun}_{verb}"));
    let error = ResponseBuilder::new()
        .description("It was not done; the problem says why and what to do next")
        .content(problem::MEDIA_TYPE, Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem")))))
        .build();
    operation.responses.responses.insert("default".to_owned(), RefOr::T(error));
    let none: [&str; 0] = [];
    operation.security = Some(if public {
        vec![SecurityRequirement::default()]
    } else {
        vec![SecurityRequirement::new("session", none), SecurityRequirement::new("password", none)]
    });
}
