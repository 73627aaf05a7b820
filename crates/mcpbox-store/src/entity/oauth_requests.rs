//! Table `oauth_requests`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "oauth_requests")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub browser_hash: String,
    pub client_id: String,
    pub client_kind: String,
    pub client_name: String,
    pub redirect_uri: String,
    pub state: Option<String>,
    pub code_challenge: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub scopes: Json,
    pub user_code: String,
    pub origin: String,
    pub progress: String,
    pub subject: Option<String>,
    pub code_hash: Option<String>,
    pub authorization_id: Option<Uuid>,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub looked_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
