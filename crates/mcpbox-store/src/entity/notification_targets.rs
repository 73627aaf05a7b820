//! Table `notification_targets`. `url` and `key` are encrypted.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notification_targets")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub kind: String,
    pub host: String,
    pub url: Vec<u8>,
    pub key: Option<Vec<u8>>,
    pub is_on: bool,
    #[sea_orm(column_type = "JsonBinary")]
    pub events: Json,
    pub told: i64,
    pub message_id: Option<Uuid>,
    pub message_until: Option<i64>,
    pub attempts: i32,
    pub next_at: Option<DateTimeUtc>,
    pub lease: Option<Uuid>,
    pub leased_until: Option<DateTimeUtc>,
    pub delivered_at: Option<DateTimeUtc>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub last: Option<Json>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
