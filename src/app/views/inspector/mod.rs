//! The inspector below the picture: what the selected atoms or sources are made of.
//!
//! `subjects` says what is shown, `curves` has its template and activation and finds the smallest
//! and the largest value of any stretch at once, `points` makes of that what a plot needs and no
//! more, `template` and `activation` draw the two plots, `svg` writes them as a
//! drawing and `raster` makes an image of that.

mod activation;
mod curves;
mod facts;
mod panel;
mod peaks;
mod plot;
mod points;
mod raster;
mod subjects;
mod svg;
mod template;

#[cfg(all(test, feature = "kittest"))]
mod tests;

pub(in crate::app) use panel::{Cache, Input, show};
pub(in crate::app) use raster::rasterized;
pub(in crate::app) use svg::plots_svg;
