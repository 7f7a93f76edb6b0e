//! What is drawn. A view is given the project and what else it shows, changes at most the view
//! state, and returns requests.

pub(super) mod dialogs;
pub(super) mod empty;
pub(super) mod inspector;
pub(super) mod menu;
pub(super) mod reading;
pub(super) mod separation;
pub(super) mod sources;
pub(super) mod toasts;
pub(super) mod transport;
