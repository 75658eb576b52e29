-- Answers to POST requests that had an Idempotency-Key, for a day: so that a repeated one is not done twice.
CREATE TABLE idempotency_keys (
    -- The user's id: another API key of the same user may repeat the request.
    caller TEXT NOT NULL,
    key_sha256 BLOB NOT NULL,
    -- Over method, path and body: another request under the same key is refused.
    request_sha256 BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    -- NULL until the request has been answered.
    status BIGINT,
    -- JSON, without the secret of a key.
    answer TEXT,
    PRIMARY KEY (caller, key_sha256)
);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);
