//! skep-formats against what the reference implementation wrote and what Elixir answers.

mod versions;
