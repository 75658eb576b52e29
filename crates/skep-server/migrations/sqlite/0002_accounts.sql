-- Who publishes and administers. The rules of these files are at the top of 0001_start.sql.

-- Where a request came from, and with what: NULL for commands, which run on the machine itself.
ALTER TABLE audit ADD COLUMN user_id TEXT;
ALTER TABLE audit ADD COLUMN via TEXT;
ALTER TABLE audit ADD COLUMN address TEXT;
CREATE INDEX audit_user ON audit (user_id, at);

CREATE TABLE users (
    id TEXT PRIMARY KEY NOT NULL,
    -- Lower case, both.
    username TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL UNIQUE,
    -- 'owner', 'publisher', 'viewer'
    role TEXT NOT NULL,
    -- argon2id with its parameters and salt; NULL until the user has set one.
    password_hash TEXT,
    -- The secret shared with the user's app: codes are computed from it, so it cannot be a hash.
    totp_secret BLOB,
    -- NULL while the app has not shown a right code yet: until then it does not count.
    totp_confirmed_at BIGINT,
    -- The last time step whose code was taken, and with what it came: a code works once, and once more
    -- for the same login of a tool, which sends it with every request of a command.
    totp_last_step BIGINT,
    totp_last_via TEXT,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT
);

CREATE TABLE recovery_codes (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_sha256 BLOB NOT NULL,
    used_at BIGINT,
    used_via TEXT,
    PRIMARY KEY (user_id, code_sha256)
);

CREATE TABLE api_keys (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    key_sha256 BLOB NOT NULL UNIQUE,
    -- The last four characters, so that people can tell keys apart.
    hint TEXT NOT NULL,
    -- JSON: scopes, as ["api"].
    permissions TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    last_used_at BIGINT
);
CREATE INDEX api_keys_user ON api_keys (user_id);
CREATE UNIQUE INDEX api_keys_name ON api_keys (user_id, name) WHERE revoked_at IS NULL;

-- Browsers that are logged in.
CREATE TABLE sessions (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_sha256 BLOB NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    -- 1 while only the password was given and the code is still to come.
    is_half BIGINT NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);

-- Codes that let somebody set a password once.
CREATE TABLE one_time_links (
    code_sha256 BLOB PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX one_time_links_user ON one_time_links (user_id);

-- Attempts that may have been guesses. An attempt is counted before it is looked at, and taken back
-- when it was right.
CREATE TABLE attempts (
    -- 'password', 'code', 'user_code', 'link'
    kind TEXT NOT NULL,
    -- 'account:…', 'address:…' or 'pair:…|…'
    subject TEXT NOT NULL,
    count BIGINT NOT NULL,
    since BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (kind, subject)
);
CREATE INDEX attempts_last ON attempts (last_at);

-- Where an account has been used from successfully: what others try elsewhere does not count there.
CREATE TABLE known_addresses (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, address)
);
