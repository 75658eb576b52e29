-- OAuth clients that the seller registered; those of mix, rebar3 and skep are built in. All are public.
CREATE TABLE oauth_clients (
    -- What requests carry as `client_id`.
    id TEXT PRIMARY KEY NOT NULL,
    -- What the consent page calls it.
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);

-- A login: what a user allowed a client to do, until it ends. Tokens carry its id.
CREATE TABLE oauth_grants (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL,
    -- What the client calls itself: the name of a machine, mostly.
    name TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    -- No refresh after.
    expires_at BIGINT NOT NULL,
    refreshed_at BIGINT NOT NULL,
    ended_at BIGINT,
    -- 'revoked', 'replayed', 'client_revoked', …
    ended_because TEXT
);
CREATE INDEX oauth_grants_user ON oauth_grants (user_id);
CREATE INDEX oauth_grants_expires ON oauth_grants (expires_at);

-- Used ones are kept as long as their grant: seeing one again ends it.
CREATE TABLE oauth_refresh_tokens (
    token_sha256 BYTEA PRIMARY KEY NOT NULL,
    grant_id TEXT NOT NULL REFERENCES oauth_grants (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX oauth_refresh_tokens_grant ON oauth_refresh_tokens (grant_id);

-- Logins that wait for somebody to allow them on a page.
CREATE TABLE oauth_device_codes (
    id TEXT PRIMARY KEY NOT NULL,
    device_code_sha256 BYTEA NOT NULL UNIQUE,
    user_code TEXT NOT NULL UNIQUE,
    client_id TEXT NOT NULL,
    name TEXT NOT NULL,
    scope TEXT NOT NULL,
    -- Where it was asked for: shown on the page.
    address TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    interval_seconds BIGINT NOT NULL,
    polled_at BIGINT,
    -- 'pending', 'approved', 'denied', 'exchanged'
    state TEXT NOT NULL,
    decided_at BIGINT,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    -- What the user allowed, which may be less than `scope`.
    granted_scope TEXT,
    grant_id TEXT
);
CREATE INDEX oauth_device_codes_expires ON oauth_device_codes (expires_at);

-- Grants whose access tokens are refused although their time is not over: ended logins, and exchanged
-- keys' tokens that were given up. Every node holds these in memory.
CREATE TABLE oauth_revocations (
    grant_id TEXT PRIMARY KEY NOT NULL,
    revoked_at BIGINT NOT NULL,
    -- After this the last token of the grant has expired by itself.
    needed_until BIGINT NOT NULL
);
CREATE INDEX oauth_revocations_needed ON oauth_revocations (needed_until);
