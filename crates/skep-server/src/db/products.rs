//! Tables `products` and `product_packages`.

use std::collections::HashMap;

use crate::clock::Timestamp;
use crate::db::row::At;
use crate::db::{Change, Conn, DbError, Driver, Tx};
use crate::ids::ProductId;
use crate::licensing::product::{Pattern, Product, Slug};

row! {
    struct ProductRow { id: String, slug: String, repository: String, created_at: i64 }
}

impl ProductRow {
    fn into_product(self, packages: Vec<Pattern>) -> Result<Product, DbError> {
        let at = At {
            table: "products",
            id: &self.id,
        };
        Ok(Product {
            id: at.parse(&self.id)?,
            slug: at.parse(&self.slug)?,
            repository: at.parse(&self.repository)?,
            packages,
            created_at: Timestamp::from_micros(self.created_at),
        })
    }
}

fn pattern(product: &str, pattern: &str) -> Result<Pattern, DbError> {
    At {
        table: "product_packages",
        id: product,
    }
    .parse(pattern)
}

/// The product of this id.
pub async fn find(conn: &mut Conn, id: ProductId) -> Result<Option<Product>, DbError> {
    let sql = "SELECT id, slug, repository, created_at FROM products WHERE id = $1";
    let row = fetch_optional!(conn, ProductRow, sql, id.to_string())?;
    with_packages(conn, row).await
}

/// The product of this slug.
pub async fn find_by_slug(conn: &mut Conn, slug: &Slug) -> Result<Option<Product>, DbError> {
    let sql = "SELECT id, slug, repository, created_at FROM products WHERE slug = $1";
    let row = fetch_optional!(conn, ProductRow, sql, slug.as_str())?;
    with_packages(conn, row).await
}

async fn with_packages(
    conn: &mut Conn,
    row: Option<ProductRow>,
) -> Result<Option<Product>, DbError> {
    let Some(row) = row else { return Ok(None) };
    let sql = "SELECT pattern FROM product_packages WHERE product_id = $1";
    let mut patterns = fetch_all!(conn, (String,), sql, &row.id)?;
    patterns.sort();
    let patterns = patterns
        .iter()
        .map(|(text,)| pattern(&row.id, text))
        .collect::<Result<_, _>>()?;
    row.into_product(patterns).map(Some)
}

/// Every product, by slug.
pub async fn list(conn: &mut Conn) -> Result<Vec<Product>, DbError> {
    let rows = fetch_all!(
        conn,
        ProductRow,
        "SELECT id, slug, repository, created_at FROM products"
    )?;
    let mut texts = fetch_all!(
        conn,
        (String, String),
        "SELECT product_id, pattern FROM product_packages"
    )?;
    texts.sort();
    let mut patterns: HashMap<&str, Vec<Pattern>> = HashMap::new();
    for (product, text) in &texts {
        patterns
            .entry(product)
            .or_default()
            .push(pattern(product, text)?);
    }
    let mut products = rows
        .into_iter()
        .map(|row| {
            let packages = patterns.remove(row.id.as_str()).unwrap_or_default();
            row.into_product(packages)
        })
        .collect::<Result<Vec<_>, _>>()?;
    products.sort_by(|a, b| a.slug.cmp(&b.slug));
    Ok(products)
}

/// Keeps everybody else from changing a product until the transaction ends.
pub async fn lock(tx: &mut Tx, id: ProductId) -> Result<(), DbError> {
    // SQLite has one writer, and this is it; it does not know `FOR NO KEY UPDATE` either.
    if matches!(tx.driver(), Driver::Postgres(_)) {
        let sql = "SELECT id FROM products WHERE id = $1 FOR NO KEY UPDATE";
        fetch_optional!(tx, (String,), sql, id.to_string())?;
    }
    Ok(())
}

/// Adds a product.
pub async fn insert(tx: &mut Tx, product: &Product) -> Result<(), DbError> {
    execute!(
        tx,
        "INSERT INTO products (id, slug, repository, created_at) VALUES ($1, $2, $3, $4)",
        product.id.to_string(),
        product.slug.as_str(),
        product.repository.as_str(),
        product.created_at.micros()
    )?;
    insert_packages(tx, product).await
}

/// Gives a product the patterns that it now has.
pub async fn update_packages(tx: &mut Tx, product: &Product) -> Result<(), DbError> {
    execute!(
        tx,
        "DELETE FROM product_packages WHERE product_id = $1",
        product.id.to_string()
    )?;
    insert_packages(tx, product).await
}

async fn insert_packages(tx: &mut Tx, product: &Product) -> Result<(), DbError> {
    for pattern in &product.packages {
        execute!(
            tx,
            "INSERT INTO product_packages (product_id, pattern) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            product.id.to_string(),
            pattern.as_str()
        )?;
    }
    tx.changed(Change::Product(product.id));
    Ok(())
}
