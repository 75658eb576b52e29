-- How a request got its file: 'direct', 'local_url', 'cloudfront', 'presign', 'accel'; NULL where it got none.
ALTER TABLE usage ADD COLUMN delivery TEXT;
-- Where it came from, if the seller has that recorded: '203.0.113.7', or '203.0.113.0/24' for a network.
ALTER TABLE usage ADD COLUMN address TEXT;

-- Usage by day, for longer than single rows are kept. Filled with each batch, in its transaction.
CREATE TABLE usage_daily (
    -- Days since 1970-01-01 in UTC.
    day BIGINT NOT NULL,
    repository TEXT NOT NULL,
    -- '' where usage has NULL, here and in what follows: a key has no NULL.
    package TEXT NOT NULL,
    version TEXT NOT NULL,
    license_id TEXT NOT NULL,
    file TEXT NOT NULL,
    status BIGINT NOT NULL,
    delivery TEXT NOT NULL,
    client TEXT NOT NULL,
    ci BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    -- In this order the downloads of a package in a week are found without another index, which would cost
    -- as much as the table.
    PRIMARY KEY (day, repository, package, version, license_id, file, status, delivery, client, ci)
);

INSERT INTO usage_daily (
    day, repository, package, version, license_id, file, status, delivery, client, ci, requests, first_at, last_at
)
SELECT at / 86400000000, repository, COALESCE(package, ''), COALESCE(version, ''), COALESCE(license_id, ''), file, status,
    '', client, ci, CAST(SUM(requests) AS BIGINT), MIN(at), MAX(at)
FROM usage
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10;
