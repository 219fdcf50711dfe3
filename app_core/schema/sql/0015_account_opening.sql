-- What an account began with: its balance is that and the entries of the ledger (swapctl schema balances).
-- Accounts that are there already began before this was kept: theirs is null.

-- migrate:up
ALTER TABLE account ADD COLUMN opening bigint;
CREATE FUNCTION keep_opening() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    NEW.opening := NEW.balance;
    RETURN NEW;
END $$;
-- a dump that is loaded again brings the opening along
CREATE TRIGGER account_opening BEFORE INSERT ON account
    FOR EACH ROW WHEN (NEW.opening IS NULL) EXECUTE FUNCTION keep_opening();

-- migrate:down
DROP TRIGGER account_opening ON account;
DROP FUNCTION keep_opening();
ALTER TABLE account DROP COLUMN opening;
