-- Events to publish, written in the transaction that they tell of, by months; and the answers that
-- requests already got, so that a resent one is carried out once.

-- migrate:up
CREATE TABLE outbox (
    id uuid NOT NULL,
    aggregate_id uuid NOT NULL,
    type text NOT NULL CHECK (type ~ '^[a-z]+([.][a-z_]+)+$'),
    payload jsonb NOT NULL CHECK (jsonb_typeof(payload) = 'object'),
    created_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,
    PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);
CREATE INDEX outbox_unpublished ON outbox (created_at) WHERE published_at IS NULL;
CREATE INDEX outbox_aggregate_id_created_at ON outbox (aggregate_id, created_at);
SELECT create_month_partitions(
    'outbox', (now() AT TIME ZONE 'UTC')::date, (now() AT TIME ZONE 'UTC' + interval '3 months')::date);

CREATE TABLE idempotency_key (
    user_id uuid NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 128),
    request_hash text NOT NULL CHECK (request_hash ~ '^[0-9a-f]{64}$'),
    status_code integer CHECK (status_code BETWEEN 100 AND 599),
    answer jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_key_created_at ON idempotency_key (created_at);
GRANT SELECT, INSERT, UPDATE ON outbox TO app;
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_key TO app;

-- migrate:down
DROP TABLE idempotency_key, outbox;
