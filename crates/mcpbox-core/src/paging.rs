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
