//! The risk of a review: what is found in the corpus, how it is rated, and that the same input always gives the same.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod confusion;
mod corpus;
mod findings;
mod judged;
mod sentence;
