//! Table `reviews`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "reviews")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tool_id: Uuid,
    pub version_id: Uuid,
    pub purpose: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub requested: Json,
    pub content_hash: String,
    pub state: String,
    pub risk: String,
    pub notes: String,
    pub requested_by_kind: String,
    pub requested_by_name: String,
    pub created_at: DateTimeUtc,
    pub decided_by_kind: Option<String>,
    pub decided_by_name: Option<String>,
    pub decided_at: Option<DateTimeUtc>,
    pub comment: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub refused: Json,
    pub replaces_version_id: Option<Uuid>,
    pub revoked_by_kind: Option<String>,
    pub revoked_by_name: Option<String>,
    pub revoked_at: Option<DateTimeUtc>,
    pub revoke_comment: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
