//! Every list is paged and limited.

use serde::{Deserialize, Serialize};

/// Largest page.
pub const PAGE_SIZE_MAX: u64 = 100;

/// Which page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    page: u64,
    page_size: u64,
}

impl PageRequest {
    /// Page `page` (from 1) of `page_size` rows (1 to 100); out-of-range values are brought into range.
    pub fn new(page: u64, page_size: u64) -> Self {
        Self { page: page.clamp(1, 1_000_000), page_size: page_size.clamp(1, PAGE_SIZE_MAX) }
    }

    /// Rows to skip.
    pub fn offset(&self) -> u64 {
        (self.page - 1) * self.page_size
    }

    /// Rows to take.
    pub fn limit(&self) -> u64 {
        self.page_size
    }

    /// This page of all the rows there are.
    pub fn of<T>(&self, all: impl ExactSizeIterator<Item = T>) -> Page<T> {
        let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        let total = all.len() as u64;
        self.page(all.skip(number(self.offset())).take(number(self.limit())).collect(), total)
    }

    /// The page of `items` out of `total`.
    pub fn page<T>(&self, items: Vec<T>, total: u64) -> Page<T> {
        Page { items, total, page: self.page, page_size: self.page_size, pages: total.div_ceil(self.page_size) }
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self::new(1, 50)
    }
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Rows in all pages.
    pub total: u64,
    /// This page, from 1.
    pub page: u64,
    /// Rows a page.
    pub page_size: u64,
    /// Pages in all.
    pub pages: u64,
}

impl<T> Page<T> {
    /// The same page with other rows.
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(convert).collect(),
            total: self.total,
            page: self.page,
            page_size: self.page_size,
            pages: self.pages,
        }
    }
}

/// Which part of a log: rows from the newest to the oldest. Rows that are added meanwhile move none that were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogRequest<C> {
    /// Only rows that are older than this place; the newest without.
    pub older_than: Option<C>,
    /// How many, 1 to 100.
    pub limit: u64,
}

impl<C> LogRequest<C> {
    /// At most `limit` rows (1 to 100; brought into range) that are older than a place.
    pub fn new(older_than: Option<C>, limit: u64) -> Self {
        Self { older_than, limit: limit.clamp(1, PAGE_SIZE_MAX) }
    }

    /// The newest rows.
    pub fn newest(limit: u64) -> Self {
        Self::new(None, limit)
    }
}

/// Part of a log, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogPage<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Ask with this `cursor` for the rows after them, which are older; none when there are none.
    pub next_cursor: Option<String>,
}

impl<T> LogPage<T> {
    /// The first `limit` of `rows`, of which one more was read to know whether there are any after them.
    pub fn of(mut rows: Vec<T>, limit: u64, cursor_of: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| has_more).map(cursor_of);
        Self { items: rows, next_cursor }
    }
}
