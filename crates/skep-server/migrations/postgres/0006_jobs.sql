-- Work that some node does once: each row is one job. What comes back (pruning, roll-ups) stays here and moves its
-- `run_at` on; everything else goes when it is done.
CREATE TABLE jobs (
    id TEXT PRIMARY KEY NOT NULL,
    -- What to do; a node leaves kinds alone that it does not know.
    kind TEXT NOT NULL,
    -- JSON.
    payload TEXT NOT NULL,
    -- At most one job has it: asking twice for the same thing does it once.
    unique_key TEXT UNIQUE,
    created_at BIGINT NOT NULL,
    -- Not before.
    run_at BIGINT NOT NULL,
    -- Begun so often without an end that was good.
    attempts BIGINT NOT NULL,
    -- The node that runs it, and until when it keeps the others away.
    claimed_by TEXT,
    lease_until BIGINT,
    last_error TEXT,
    -- When work that comes back was last done.
    done_at BIGINT,
    -- Given up since.
    dead_at BIGINT
);
CREATE INDEX jobs_run_at ON jobs (run_at);
