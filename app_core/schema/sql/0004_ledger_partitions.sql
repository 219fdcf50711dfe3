-- The ledger by months: it only grows, and old months leave as whole tables.
--
-- A unique key of a partitioned table contains the partition key. An entry's instant is its transfer's
-- (by the foreign key), so one entry a transfer and account still follows from the longer key.
-- This copies the ledger once, under an exclusive lock: writers of the ledger wait until it has ended.

-- migrate:up
CREATE FUNCTION create_month_partitions(parent text, first_day date, last_day date) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    month date := date_trunc('month', first_day);
BEGIN
    WHILE month <= last_day LOOP
        EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
            parent || to_char(month, '_YYYY_MM'), parent,
            to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00',
            to_char(month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
        month := month + interval '1 month';
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION create_month_partitions(text, date, date) FROM PUBLIC;

ALTER TABLE ledger_entry RENAME TO ledger_entry_whole;
ALTER INDEX ledger_entry_pkey RENAME TO ledger_entry_whole_pkey;
ALTER INDEX ledger_entry_account_id_created_at RENAME TO ledger_entry_whole_account_id_created_at;

CREATE TABLE ledger_entry (
    transfer_id uuid NOT NULL,
    account_id uuid NOT NULL REFERENCES account (id),
    amount bigint NOT NULL CHECK (amount <> 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (transfer_id, account_id, created_at),
    FOREIGN KEY (transfer_id, created_at) REFERENCES transfer (id, created_at)
) PARTITION BY RANGE (created_at);
CREATE INDEX ledger_entry_account_id_created_at ON ledger_entry (account_id, created_at);

SELECT create_month_partitions(
    'ledger_entry',
    (SELECT least(min(created_at), now()) AT TIME ZONE 'UTC' FROM transfer)::date,
    (now() AT TIME ZONE 'UTC' + interval '3 months')::date);
INSERT INTO ledger_entry (transfer_id, account_id, amount, created_at)
    SELECT e.transfer_id, e.account_id, e.amount, t.created_at
      FROM ledger_entry_whole e JOIN transfer t ON t.id = e.transfer_id;
DROP TABLE ledger_entry_whole;

CREATE OR REPLACE FUNCTION check_double_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted uuid;
    balanced boolean;
BEGIN
    IF TG_TABLE_NAME = 'transfer' THEN wanted := NEW.id; ELSE wanted := NEW.transfer_id; END IF;
    SELECT count(*) = 2
       AND count(*) FILTER (WHERE e.account_id = t.from_account_id AND e.amount = -t.amount) = 1
       AND count(*) FILTER (WHERE e.account_id = t.to_account_id AND e.amount = t.amount) = 1
      INTO balanced
      FROM transfer t JOIN ledger_entry e ON e.transfer_id = t.id AND e.created_at = t.created_at
     WHERE t.id = wanted;
    IF NOT balanced THEN
        RAISE EXCEPTION 'transfer % needs one debit and one credit of its amount', wanted
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER ledger_entry_double_entry AFTER INSERT OR UPDATE ON ledger_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_double_entry();
GRANT SELECT, INSERT ON ledger_entry TO app;

-- migrate:down
ALTER TABLE ledger_entry RENAME TO ledger_entry_parts;
ALTER INDEX ledger_entry_pkey RENAME TO ledger_entry_parts_pkey;
ALTER INDEX ledger_entry_account_id_created_at RENAME TO ledger_entry_parts_account_id_created_at;
CREATE TABLE ledger_entry (
    transfer_id uuid NOT NULL REFERENCES transfer (id),
    account_id uuid NOT NULL REFERENCES account (id),
    amount bigint NOT NULL CHECK (amount <> 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (transfer_id, account_id)
);
CREATE INDEX ledger_entry_account_id_created_at ON ledger_entry (account_id, created_at);
INSERT INTO ledger_entry SELECT transfer_id, account_id, amount, created_at FROM ledger_entry_parts;
DROP TABLE ledger_entry_parts;
CREATE CONSTRAINT TRIGGER ledger_entry_double_entry AFTER INSERT OR UPDATE ON ledger_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_double_entry();
GRANT SELECT, INSERT ON ledger_entry TO app;
DROP FUNCTION create_month_partitions(text, date, date);
