//! Making and changing products.

use skep_formats::name::RepositoryName;

use crate::app::{App, RepositoryError};
use crate::db::audit::Actor;
use crate::db::{self, Conn, DbError, Tx, in_tx};
use crate::ids::ProductId;
use crate::licensing::narrowing::{self, Downloaded, Narrowed, Sight};
use crate::licensing::product::{Pattern, Product, Slug};
use crate::licensing::unknown::Unknown;

/// Why a product was not made, changed or found.
#[derive(Debug, thiserror::Error)]
pub enum ProductError {
    /// There is one already.
    #[error("there is a product `{0}` already: `skep product edit {0}` changes it")]
    Exists(Slug),
    /// It would have no packages.
    #[error("product `{0}` needs at least one package: give `--package PATTERN`")]
    NoPackages(Slug),
    /// It cannot be taken away, because it is not there.
    #[error("product `{product}` has no package pattern `{pattern}`; it has `{}`", known.join("`, `"))]
    NoSuchPattern {
        /// Which product.
        product: Slug,
        /// What was given.
        pattern: Pattern,
        /// What it has.
        known: Vec<String>,
    },
    /// No such repository.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// No such product.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// A product to be made.
#[derive(Clone, Debug)]
pub struct Create {
    /// What to call it in commands.
    pub slug: Slug,
    /// Its packages: at least one pattern.
    pub packages: Vec<Pattern>,
    /// The repository they are in; the default one when left out.
    pub repository: Option<RepositoryName>,
    /// Who makes it.
    pub actor: Actor,
}

/// Makes a product.
pub async fn create(app: &App, request: &Create) -> Result<Product, ProductError> {
    if request.packages.is_empty() {
        return Err(ProductError::NoPackages(request.slug.clone()));
    }
    let repository = &app.repository(request.repository.as_ref())?.name;
    in_tx!(app.db, |tx| {
        if db::products::find_by_slug(tx, &request.slug)
            .await?
            .is_some()
        {
            return Err(ProductError::Exists(request.slug.clone()));
        }
        let product = Product {
            id: ProductId::new(&app.clock),
            slug: request.slug.clone(),
            repository: repository.clone(),
            packages: sorted(request.packages.clone()),
            created_at: app.clock.now(),
        };
        db::products::insert(tx, &product).await?;
        let detail = serde_json::json!({ "slug": product.slug, "packages": product.packages });
        tx.audit(
            &app.clock,
            &request.actor,
            ("product.create", &product.id),
            detail,
        )
        .await?;
        Ok(product)
    })
}

fn sorted(mut patterns: Vec<Pattern>) -> Vec<Pattern> {
    patterns.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    patterns.dedup();
    patterns
}

/// Every product, by slug.
pub async fn list(app: &App) -> Result<Vec<Product>, DbError> {
    db::products::list(&mut app.db.read().await?).await
}

/// The product of a slug.
pub async fn show(app: &App, slug: &Slug) -> Result<Product, ProductError> {
    Ok(find(&mut app.db.read().await?, slug).await??)
}

pub(super) async fn find(
    conn: &mut Conn,
    slug: &Slug,
) -> Result<Result<Product, Unknown>, DbError> {
    let found = db::products::find_by_slug(conn, slug).await?;
    Ok(found.ok_or_else(|| Unknown::product(slug)))
}

/// What to change of a product.
#[derive(Clone, Debug)]
pub struct Edit {
    /// Which product.
    pub slug: Slug,
    /// Patterns that it gets; those it has are left alone.
    pub add: Vec<Pattern>,
    /// Patterns that it has and loses.
    pub remove: Vec<Pattern>,
    /// What its licenses have downloaded and would not see anymore.
    pub downloaded: Downloaded,
    /// Who changes it.
    pub actor: Actor,
}

/// A product that was changed.
#[derive(Clone, Debug)]
pub struct Edited {
    /// As it is now.
    pub product: Product,
    /// The licenses that had downloaded what they do not see anymore by their products and dates.
    pub narrowed: Vec<Narrowed>,
}

/// Changes which packages a product has; for every license of it.
pub async fn edit(app: &App, request: &Edit) -> Result<Edited, ProductError> {
    in_tx!(app.db, |tx| {
        let found = find(tx, &request.slug).await??;
        db::products::lock(tx, found.id).await?;
        // Again: it may have changed before the lock was there.
        let before = find(tx, &request.slug).await??;
        let product = edited(&before, request)?;
        db::products::update_packages(tx, &product).await?;
        let narrowed = narrow(app, tx, (&before, &product), request.downloaded).await?;
        let detail = serde_json::json!({
            "slug": product.slug, "packages": product.packages, "narrowed_licenses": narrowed.len(),
        });
        tx.audit(
            &app.clock,
            &request.actor,
            ("product.edit", &product.id),
            detail,
        )
        .await?;
        Ok(Edited { product, narrowed })
    })
}

fn edited(before: &Product, request: &Edit) -> Result<Product, ProductError> {
    let mut packages = before.packages.clone();
    for pattern in &request.remove {
        let position = packages
            .iter()
            .position(|known| known == pattern)
            .ok_or_else(|| {
                let known = before.packages.iter().map(ToString::to_string).collect();
                ProductError::NoSuchPattern {
                    product: before.slug.clone(),
                    pattern: pattern.clone(),
                    known,
                }
            })?;
        packages.remove(position);
    }
    packages.extend(request.add.iter().cloned());
    if packages.is_empty() {
        return Err(ProductError::NoPackages(before.slug.clone()));
    }
    Ok(Product {
        packages: sorted(packages),
        ..before.clone()
    })
}

/// Keeps what the licenses of a product have downloaded, where it lost patterns; or takes it, and what
/// was kept earlier, away.
async fn narrow(
    app: &App,
    tx: &mut Tx,
    (before, after): (&Product, &Product),
    downloaded: Downloaded,
) -> Result<Vec<Narrowed>, DbError> {
    let lost = |pattern: &Pattern| !after.packages.contains(pattern);
    if downloaded == Downloaded::Keep && !before.packages.iter().any(lost) {
        return Ok(Vec::new());
    }
    let licenses = db::licenses::lock_by_product(tx, after.id).await?;
    let now = app.clock.now();
    let narrowed_at = (downloaded == Downloaded::Keep).then_some(now);
    db::licenses::update_narrowed_at(tx, after.id, narrowed_at).await?;
    let all = db::products::list(tx).await?;
    let mut narrowed = Vec::new();
    for id in licenses {
        let Some(license) = db::licenses::find(tx, id).await? else {
            continue;
        };
        let mut products = all.clone();
        products.retain(|product| license.products.contains(&product.id));
        let updates_until = license.terms.updates_until;
        let now_sees = Sight {
            products: &products,
            updates_until,
        };
        let products = with(&products, before);
        let saw = Sight {
            products: &products,
            updates_until,
        };
        let taken = narrowing::apply(app, tx, id, (saw, now_sees), downloaded, now).await?;
        if !taken.releases.is_empty() {
            narrowed.push(taken);
        }
    }
    Ok(narrowed)
}

/// The products, one of them as it was.
fn with(products: &[Product], before: &Product) -> Vec<Product> {
    let as_it_was = |product: &Product| {
        if product.id == before.id {
            before.clone()
        } else {
            product.clone()
        }
    };
    products.iter().map(as_it_was).collect()
}
