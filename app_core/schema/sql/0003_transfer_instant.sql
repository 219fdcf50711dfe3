-- A transfer's id and instant together, so that its ledger entries can refer to both: they lie in the
-- partition of that instant. If the build was interrupted, drop the invalid index and run it again.

-- migrate:up transaction:false
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS transfer_id_created_at ON transfer (id, created_at);

-- migrate:down transaction:false
DROP INDEX CONCURRENTLY IF EXISTS transfer_id_created_at;
