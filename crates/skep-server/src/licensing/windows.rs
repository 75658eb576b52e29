//! Update windows need filtered views, and those need a signing key: a license that has one cannot have
//! products of a prebuilt repository.

use skep_formats::name::RepositoryName;

use crate::app::App;
use crate::clock::Timestamp;
use crate::licensing::license::Terms;
use crate::licensing::product::{Product, Slug};

/// A license with an update window would have products of a prebuilt repository.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "product `{product}` is of repository `{repository}`, which is prebuilt, and a license with updates_until \
     (`{updates_until}`) sees only a part of its releases: that view would have to be signed, and the signing key is \
     elsewhere; use plan `subscription` or `lifetime` without updates_until, or bring the repository under management: \
     give it `private_key_file` in the configuration and run `skep import`"
)]
pub struct WindowError {
    /// Which product.
    pub product: Slug,
    /// Its repository.
    pub repository: RepositoryName,
    /// The end of the window.
    pub updates_until: Timestamp,
}

/// Whether a license of these products may have these terms.
///
/// # Errors
/// It has an update window, and one of the products is of a prebuilt repository.
pub fn check(app: &App, products: &[Product], terms: &Terms) -> Result<(), WindowError> {
    let Some(updates_until) = terms.updates_until else {
        return Ok(());
    };
    let mut products = products.iter();
    match products.find(|product| app.prebuilt(&product.repository).is_some()) {
        None => Ok(()),
        Some(product) => Err(WindowError {
            product: product.slug.clone(),
            repository: product.repository.clone(),
            updates_until,
        }),
    }
}
