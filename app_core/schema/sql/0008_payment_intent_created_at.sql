-- What has reached the end of its retention is found by this index, not by reading the table.

-- migrate:up transaction:false
CREATE INDEX CONCURRENTLY IF NOT EXISTS payment_intent_created_at ON payment_intent (created_at);

-- migrate:down transaction:false
DROP INDEX CONCURRENTLY IF EXISTS payment_intent_created_at;
