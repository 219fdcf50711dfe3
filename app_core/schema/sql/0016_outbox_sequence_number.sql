-- Events of one transaction have one instant: a number tells them apart. It is given when a row is written,
-- so it orders the events of one thing when their writers lock that thing first; across things a smaller
-- number may be committed later, and numbers of what was rolled back lack.
-- This numbers the events that are there under an exclusive lock: writers of the outbox wait until it ended.

-- migrate:up
ALTER TABLE outbox ADD COLUMN sequence_number bigint;
UPDATE outbox o SET sequence_number = n.number
  FROM (SELECT id, created_at, row_number() OVER (ORDER BY created_at, id) AS number FROM outbox) n
 WHERE o.id = n.id AND o.created_at = n.created_at;
ALTER TABLE outbox ALTER COLUMN sequence_number SET NOT NULL;
-- ONLY: on PostgreSQL 15 partitions have no identity of their own; rows come through the table
ALTER TABLE ONLY outbox ALTER COLUMN sequence_number ADD GENERATED ALWAYS AS IDENTITY;
SELECT setval(pg_get_serial_sequence('outbox', 'sequence_number'), coalesce(max(sequence_number), 0) + 1, false)
  FROM outbox;
DROP INDEX outbox_unpublished, outbox_aggregate_id_created_at;
CREATE INDEX outbox_unpublished_sequence_number ON outbox (sequence_number) WHERE published_at IS NULL;
CREATE INDEX outbox_aggregate_id_sequence_number ON outbox (aggregate_id, sequence_number);

-- migrate:down
DROP INDEX outbox_unpublished_sequence_number, outbox_aggregate_id_sequence_number;
CREATE INDEX outbox_unpublished ON outbox (created_at) WHERE published_at IS NULL;
CREATE INDEX outbox_aggregate_id_created_at ON outbox (aggregate_id, created_at);
ALTER TABLE outbox DROP COLUMN sequence_number;
