//! A part of a long listing.

/// Some of many, and where to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T, I> {
    /// In the order in which they were made.
    pub items: Vec<T>,
    /// The id after which the next page begins; `None` = this was the last one.
    pub next: Option<I>,
}

/// Where a page begins and how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<I> {
    /// Only what was made after the thing of this id.
    pub after: Option<I>,
    /// At most so many: at least 1.
    pub limit: u32,
}

impl<T, I> Page<T, I> {
    /// A page from one row more than it may have: that there is one more says that there is a next page.
    pub(super) fn new(mut rows: Vec<T>, limit: u32, id: impl Fn(&T) -> I) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| has_more).map(id);
        Self { items: rows, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_knows_whether_there_is_another() {
        let page = |rows: &[u32]| Page::new(rows.to_vec(), 2, |row| *row);
        assert_eq!(page(&[]).next, None);
        assert_eq!(page(&[1, 2]).next, None);
        let more = page(&[1, 2, 3]);
        assert_eq!((more.items, more.next), (vec![1, 2], Some(2)));
    }
}
