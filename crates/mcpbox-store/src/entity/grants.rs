//! Table `grants`. Exactly one of tool, server or neither is set, as the scope says.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "grants")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub capability: Json,
    pub scope_level: String,
    pub tool_id: Option<Uuid>,
    pub server_id: Option<Uuid>,
    pub state: String,
    pub justification: String,
    pub requested_by_kind: String,
    pub requested_by_name: String,
    pub created_at: DateTimeUtc,
    pub decided_by_kind: Option<String>,
    pub decided_by_name: Option<String>,
    pub decided_at: Option<DateTimeUtc>,
    pub comment: String,
    pub expires_at: Option<DateTimeUtc>,
    pub review_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
