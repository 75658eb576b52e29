-- The rules of these files: BIGINT, TEXT, BYTEA (BLOB on SQLite) and DOUBLE PRECISION only;
-- flags are BIGINT 0/1, times BIGINT microseconds since the epoch, JSON TEXT, ids TEXT.

-- Single values of this installation: the key of local download URLs, for one.
CREATE TABLE settings (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
);

-- One row. `revision` is taken as the last statement of a transaction: its row lock is held to commit,
-- so revisions become visible in order. Another `epoch` means the data was restored or copied.
CREATE TABLE feed (
    id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    epoch TEXT NOT NULL,
    revision BIGINT NOT NULL
);

INSERT INTO feed (id, epoch, revision) VALUES (1, replace(CAST(gen_random_uuid() AS TEXT), '-', ''), 0);

CREATE TABLE changes (
    revision BIGINT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (revision, kind, id)
);

CREATE TABLE packages (
    id TEXT PRIMARY KEY NOT NULL,
    repository TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (repository, name)
);

CREATE TABLE releases (
    id TEXT PRIMARY KEY NOT NULL,
    package_id TEXT NOT NULL REFERENCES packages (id) ON DELETE CASCADE,
    version TEXT NOT NULL,
    -- First publication; replacing a release keeps it.
    published_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    inner_checksum BYTEA NOT NULL,
    outer_checksum BYTEA NOT NULL,
    size_bytes BIGINT NOT NULL,
    -- JSON: [{"package","requirement","optional","app","repository"?}] as the registry names them.
    dependencies TEXT NOT NULL,
    -- JSON: the metadata of the tarball.
    metadata TEXT NOT NULL,
    retirement_reason TEXT,
    retirement_message TEXT,
    docs_checksum BYTEA,
    docs_size_bytes BIGINT,
    UNIQUE (package_id, version)
);

CREATE TABLE customers (
    id TEXT PRIMARY KEY NOT NULL,
    -- Lower case.
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE products (
    id TEXT PRIMARY KEY NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    repository TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE product_packages (
    product_id TEXT NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    pattern TEXT NOT NULL,
    PRIMARY KEY (product_id, pattern)
);

CREATE TABLE licenses (
    id TEXT PRIMARY KEY NOT NULL,
    customer_id TEXT NOT NULL REFERENCES customers (id),
    plan TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    access_until BIGINT,
    updates_until BIGINT,
    grace_days BIGINT NOT NULL,
    status TEXT NOT NULL,
    status_since BIGINT NOT NULL,
    -- When the license last came to see less; a download from before, recorded after, becomes a grant.
    narrowed_at BIGINT,
    external_id TEXT UNIQUE,
    notes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX licenses_customer ON licenses (customer_id);

CREATE TABLE license_products (
    license_id TEXT NOT NULL REFERENCES licenses (id) ON DELETE CASCADE,
    product_id TEXT NOT NULL REFERENCES products (id),
    PRIMARY KEY (license_id, product_id)
);
CREATE INDEX license_products_product ON license_products (product_id);

-- Releases a license may see by name, whatever its products and dates say.
CREATE TABLE license_grants (
    license_id TEXT NOT NULL REFERENCES licenses (id) ON DELETE CASCADE,
    repository TEXT NOT NULL,
    package TEXT NOT NULL,
    version TEXT NOT NULL,
    granted_at BIGINT NOT NULL,
    -- 'seller' or 'narrowing'.
    origin TEXT NOT NULL,
    PRIMARY KEY (license_id, repository, package, version)
);

CREATE TABLE license_keys (
    id TEXT PRIMARY KEY NOT NULL,
    license_id TEXT NOT NULL REFERENCES licenses (id) ON DELETE CASCADE,
    key_sha256 BYTEA NOT NULL UNIQUE,
    -- The last four characters, so that people can tell keys apart; empty for keys imported as SHA-256.
    hint TEXT NOT NULL,
    label TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    -- Set on the old key of a rotation: it lives until expires_at and its users are told of the new one.
    rotated_at BIGINT,
    last_used_at BIGINT
);
CREATE INDEX license_keys_license ON license_keys (license_id);

CREATE TABLE audit (
    id TEXT PRIMARY KEY NOT NULL,
    at BIGINT NOT NULL,
    -- Who: 'cli', later a user.
    actor TEXT NOT NULL,
    -- 'license.issue', 'release.publish', …
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- JSON; never a secret.
    detail TEXT NOT NULL
);
CREATE INDEX audit_at ON audit (at);

-- Counted requests: one row for each key, file, client and ten seconds.
CREATE TABLE usage (
    at BIGINT NOT NULL,
    license_id TEXT,
    key_id TEXT,
    repository TEXT NOT NULL,
    -- 'package', 'tarball', 'docs', 'names', 'versions', 'policy'
    file TEXT NOT NULL,
    package TEXT,
    version TEXT,
    -- 200, 302, 304, 401, 402, 403, 404, 429: what the caller was told (by meaning, not by client quirk).
    status BIGINT NOT NULL,
    client TEXT NOT NULL,
    client_version TEXT,
    elixir_version TEXT,
    otp_version TEXT,
    ci BIGINT NOT NULL,
    requests BIGINT NOT NULL
);
CREATE INDEX usage_at ON usage (at);
CREATE INDEX usage_license ON usage (license_id, at);

-- Batches already inserted, so that a spool file read twice counts once.
CREATE TABLE usage_batches (
    id TEXT PRIMARY KEY NOT NULL,
    inserted_at BIGINT NOT NULL
);

-- What each license ever fetched: what narrowing must keep and a deletion must name. Never pruned.
CREATE TABLE downloads (
    license_id TEXT NOT NULL REFERENCES licenses (id) ON DELETE CASCADE,
    repository TEXT NOT NULL,
    package TEXT NOT NULL,
    version TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    PRIMARY KEY (license_id, repository, package, version)
);
CREATE INDEX downloads_release ON downloads (repository, package, version);
