//! Files and folders that appear whole or not at all: what is written on the way to them.

mod whole;

pub(crate) use whole::{MadeFolders, PREFIX, SUFFIX, folder_of, sync_folder, temporary_beside};
