-- Who publishes what. The rules of these files are at the top of 0001_start.sql.

-- Users who may publish a package whatever their role is.
CREATE TABLE package_owners (
    package_id TEXT NOT NULL REFERENCES packages (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- 'full', who may change the owners too, or 'maintainer'.
    level TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (package_id, user_id)
);
CREATE INDEX package_owners_user ON package_owners (user_id);

-- Who published it last; NULL for releases published by a command on the machine itself. No reference:
-- a user may be gone.
ALTER TABLE releases ADD COLUMN publisher_id TEXT;
