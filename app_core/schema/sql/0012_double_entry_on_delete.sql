-- An entry that is taken away, or moved to another transfer, is checked as well; an entry goes unchecked
-- only together with its transfer, or with its whole month. Tables of a session (pg_temp) come last: one
-- that is named like ours would otherwise be asked instead of it.

-- migrate:up
CREATE OR REPLACE FUNCTION check_double_entry() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    touched uuid[];
    wanted uuid;
    balanced boolean;
BEGIN
    IF TG_TABLE_NAME = 'transfer' THEN touched := ARRAY[NEW.id];
    ELSIF TG_OP = 'INSERT' THEN touched := ARRAY[NEW.transfer_id];
    ELSIF TG_OP = 'DELETE' THEN touched := ARRAY[OLD.transfer_id];
    ELSE touched := ARRAY[OLD.transfer_id, NEW.transfer_id];
    END IF;
    FOREACH wanted IN ARRAY touched LOOP
        SELECT count(e.amount) = 2
           AND count(*) FILTER (WHERE e.account_id = t.from_account_id AND e.amount = -t.amount) = 1
           AND count(*) FILTER (WHERE e.account_id = t.to_account_id AND e.amount = t.amount) = 1
          INTO balanced
          FROM transfer t LEFT JOIN ledger_entry e ON e.transfer_id = t.id AND e.created_at = t.created_at
         WHERE t.id = wanted
         GROUP BY t.id;
        IF NOT balanced THEN
            RAISE EXCEPTION 'transfer % needs one debit and one credit of its amount', wanted
                USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_entry_double_entry_on_delete AFTER DELETE ON ledger_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_double_entry();

-- migrate:down
DROP TRIGGER ledger_entry_double_entry_on_delete ON ledger_entry;
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
