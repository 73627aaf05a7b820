//! Table `calls`. It refers to nothing: records outlive servers, tools and versions.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "calls")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub server_id: Uuid,
    pub server_name: String,
    pub tool_id: Uuid,
    pub tool_name: String,
    pub version_id: Uuid,
    pub profile: String,
    pub actor_kind: String,
    pub actor_name: String,
    pub on_behalf_of: Option<String>,
    pub arguments: String,
    pub result: String,
    pub stdout: String,
    pub failure_kind: Option<String>,
    pub failure: Option<String>,
    pub observed: String,
    pub duration_us: i64,
    pub started_at: DateTimeUtc,
    pub logs: String,
    pub trial: Option<String>,
    pub is_example: bool,
    pub parent_id: Option<Uuid>,
    pub bytes: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
