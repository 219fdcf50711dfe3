-- Amounts are integers in the currency's minor unit (cents); currencies are ISO 4217 codes.

-- migrate:up
CREATE DOMAIN currency_code AS text CHECK (VALUE ~ '^[A-Z]{3}$');

CREATE TABLE payment_intent (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    currency currency_code NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed', 'cancelled')),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX payment_intent_user_id_status ON payment_intent (user_id, status);

CREATE TABLE account (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    currency currency_code NOT NULL,
    balance bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (id, currency)
);
CREATE INDEX account_user_id ON account (user_id);

-- The primary key is the client's idempotency key: a resent transfer meets its own row.
CREATE TABLE transfer (
    id uuid PRIMARY KEY,
    from_account_id uuid NOT NULL,
    to_account_id uuid NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    currency currency_code NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (from_account_id <> to_account_id),
    FOREIGN KEY (from_account_id, currency) REFERENCES account (id, currency),
    FOREIGN KEY (to_account_id, currency) REFERENCES account (id, currency)
);
CREATE INDEX transfer_from_account_id_created_at ON transfer (from_account_id, created_at);
CREATE INDEX transfer_to_account_id_created_at ON transfer (to_account_id, created_at);

CREATE TABLE ledger_entry (
    transfer_id uuid NOT NULL REFERENCES transfer (id),
    account_id uuid NOT NULL REFERENCES account (id),
    amount bigint NOT NULL CHECK (amount <> 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (transfer_id, account_id)
);
CREATE INDEX ledger_entry_account_id_created_at ON ledger_entry (account_id, created_at);

-- Double entry, checked when the transaction commits: exactly one debit of the payer and one credit of
-- the payee, each of the transfer's amount.
CREATE FUNCTION check_double_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted uuid;
    balanced boolean;
BEGIN
    IF TG_TABLE_NAME = 'transfer' THEN wanted := NEW.id; ELSE wanted := NEW.transfer_id; END IF;
    SELECT count(*) = 2
       AND count(*) FILTER (WHERE e.account_id = t.from_account_id AND e.amount = -t.amount) = 1
       AND count(*) FILTER (WHERE e.account_id = t.to_account_id AND e.amount = t.amount) = 1
      INTO balanced
      FROM transfer t JOIN ledger_entry e ON e.transfer_id = t.id
     WHERE t.id = wanted;
    IF NOT balanced THEN
        RAISE EXCEPTION 'transfer % needs one debit and one credit of its amount', wanted
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER transfer_double_entry AFTER INSERT OR UPDATE ON transfer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_double_entry();
CREATE CONSTRAINT TRIGGER ledger_entry_double_entry AFTER INSERT OR UPDATE ON ledger_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_double_entry();

-- The ledger is append-only for the application: no update, no delete.
GRANT SELECT, INSERT, UPDATE ON payment_intent, account TO app;
GRANT SELECT, INSERT ON transfer, ledger_entry TO app;

-- migrate:down
DROP TABLE ledger_entry, transfer, account, payment_intent;
DROP FUNCTION check_double_entry();
DROP DOMAIN currency_code;
