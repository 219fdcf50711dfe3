-- What has reached the end of its retention is found by this index, not by reading the table.

-- migrate:up transaction:false
CREATE INDEX CONCURRENTLY IF NOT EXISTS invoice_created_at ON invoice (created_at);

-- migrate:down transaction:false
DROP INDEX CONCURRENTLY IF EXISTS invoice_created_at;
