//! One-to-one assignment of the largest total value, for all who match things.

mod hungarian;

pub(crate) use hungarian::assign;
