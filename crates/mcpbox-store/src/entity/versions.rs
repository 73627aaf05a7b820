//! Table `versions`. Schemas are text, because the order of their properties counts.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "versions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tool_id: Uuid,
    pub number: i32,
    pub name: String,
    pub description: String,
    pub code: String,
    pub input_schema: String,
    pub output_schema: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub capabilities: Json,
    pub content_hash: String,
    pub state: String,
    pub restored_from: Option<i32>,
    pub created_by_kind: String,
    pub created_by_name: String,
    pub created_at: DateTimeUtc,
    pub decided_by_kind: Option<String>,
    pub decided_by_name: Option<String>,
    pub decided_at: Option<DateTimeUtc>,
    pub decision_comment: Option<String>,
    pub bytes: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
