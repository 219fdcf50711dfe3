-- States of a row and the steps between them. from_state '' is where a row may begin; a state that no
-- step leaves is final. The registry (app_core/schema/tables) says the same; a test compares the two.

-- migrate:up
CREATE TABLE state_transition (
    machine text NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    PRIMARY KEY (machine, from_state, to_state)
);
INSERT INTO state_transition (machine, from_state, to_state) VALUES
    ('payment_intent', '', 'pending'),
    ('payment_intent', 'pending', 'succeeded'),
    ('payment_intent', 'pending', 'failed'),
    ('payment_intent', 'pending', 'cancelled');

CREATE FUNCTION check_transition() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was text := '';
BEGIN
    IF TG_OP = 'UPDATE' THEN was := OLD.status; END IF;
    IF was = NEW.status OR EXISTS (
        SELECT FROM state_transition s
         WHERE s.machine = TG_TABLE_NAME AND s.from_state = was AND s.to_state = NEW.status
    ) THEN
        RETURN NEW;
    END IF;
    IF was = '' THEN
        RAISE EXCEPTION '% % cannot begin as %', TG_TABLE_NAME, NEW.id, NEW.status
            USING ERRCODE = 'check_violation';
    END IF;
    RAISE EXCEPTION '% % cannot go from % to %', TG_TABLE_NAME, NEW.id, was, NEW.status
        USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER payment_intent_transition BEFORE INSERT OR UPDATE OF status ON payment_intent
    FOR EACH ROW EXECUTE FUNCTION check_transition();
GRANT SELECT ON state_transition TO app;

-- migrate:down
DROP TRIGGER payment_intent_transition ON payment_intent;
DROP FUNCTION check_transition();
DROP TABLE state_transition;
