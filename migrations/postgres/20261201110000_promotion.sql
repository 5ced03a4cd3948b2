-- What a promotion is searched, counted and timed by, beside its document: who asked for it and when (unknown of
-- rows from before, until they are read), when it ended, what kind it is and how urgent. `subject` is none where
-- nobody asked on an issue or pull request. The states are all that a promotion can ever be in.
ALTER TABLE promotion
    ALTER COLUMN subject DROP NOT NULL,
    DROP CONSTRAINT promotion_state_check,
    ADD CONSTRAINT promotion_state_check CHECK (state IN ('blocked', 'awaiting_approval', 'approved', 'deploying', 'verifying',
        'succeeded', 'failed', 'rolled_back', 'rejected', 'cancelled', 'superseded', 'expired')),
    ADD COLUMN requested_at BIGINT,
    ADD COLUMN ended_at BIGINT,
    ADD COLUMN requester BIGINT,
    ADD COLUMN kind TEXT NOT NULL DEFAULT 'promotion' CHECK (kind IN ('promotion', 'rollback')),
    ADD COLUMN urgency TEXT NOT NULL DEFAULT 'normal' CHECK (urgency IN ('normal', 'emergency'));
DROP INDEX promotion_open;
CREATE INDEX promotion_open ON promotion (repo, environment) WHERE state IN ('blocked', 'awaiting_approval', 'approved', 'deploying', 'verifying');
CREATE INDEX promotion_history ON promotion (repo, environment, number DESC);
CREATE INDEX promotion_unread ON promotion (repo, number) WHERE requested_at IS NULL;
