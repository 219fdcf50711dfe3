-- What has reached the end of its retention is found by this index, not by reading the table.

-- migrate:up transaction:false
CREATE INDEX CONCURRENTLY IF NOT EXISTS subscription_status_end_at ON subscription (status, end_at);

-- migrate:down transaction:false
DROP INDEX CONCURRENTLY IF EXISTS subscription_status_end_at;
