-- Subscriptions with what they entitle to, and invoices. The truth about a member's rights is here; the
-- social domain has a copy that ends by itself.

-- migrate:up
CREATE TABLE subscription (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    plan text NOT NULL CHECK (plan IN ('premium', 'vip')),
    status text NOT NULL CHECK (status IN ('pending', 'active', 'past_due', 'cancelled', 'expired')),
    start_at timestamptz NOT NULL,
    end_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (start_at < end_at)
);
CREATE INDEX subscription_user_id_status ON subscription (user_id, status);
CREATE INDEX subscription_plan_status ON subscription (plan, status);
-- A subscription in dunning is still the member's one subscription.
CREATE UNIQUE INDEX subscription_user_id_active ON subscription (user_id)
    WHERE status IN ('active', 'past_due');

CREATE TABLE entitlement (
    id uuid PRIMARY KEY,
    subscription_id uuid NOT NULL REFERENCES subscription (id),
    feature text NOT NULL CHECK (feature ~ '^[a-z][a-z0-9_]{0,63}$'),
    active boolean NOT NULL DEFAULT true
);
CREATE UNIQUE INDEX entitlement_subscription_id_feature ON entitlement (subscription_id, feature);

CREATE TABLE invoice (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    payment_intent_id uuid NOT NULL REFERENCES payment_intent (id),
    subscription_id uuid REFERENCES subscription (id),
    amount bigint NOT NULL CHECK (amount > 0),
    currency currency_code NOT NULL,
    due_date date NOT NULL,
    status text NOT NULL CHECK (status IN ('draft', 'open', 'paid', 'void', 'uncollectible')),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX invoice_user_id_status ON invoice (user_id, status);
CREATE INDEX invoice_payment_intent_id ON invoice (payment_intent_id);
CREATE INDEX invoice_subscription_id ON invoice (subscription_id);

INSERT INTO state_transition (machine, from_state, to_state) VALUES
    ('subscription', '', 'pending'),
    ('subscription', 'pending', 'active'),
    ('subscription', 'pending', 'cancelled'),
    ('subscription', 'active', 'past_due'),
    ('subscription', 'active', 'cancelled'),
    ('subscription', 'active', 'expired'),
    ('subscription', 'past_due', 'active'),
    ('subscription', 'past_due', 'cancelled'),
    ('subscription', 'past_due', 'expired'),
    ('invoice', '', 'draft'),
    ('invoice', 'draft', 'open'),
    ('invoice', 'draft', 'void'),
    ('invoice', 'open', 'paid'),
    ('invoice', 'open', 'void'),
    ('invoice', 'open', 'uncollectible'),
    ('invoice', 'uncollectible', 'paid');
CREATE TRIGGER subscription_transition BEFORE INSERT OR UPDATE OF status ON subscription
    FOR EACH ROW EXECUTE FUNCTION check_transition();
CREATE TRIGGER invoice_transition BEFORE INSERT OR UPDATE OF status ON invoice
    FOR EACH ROW EXECUTE FUNCTION check_transition();
GRANT SELECT, INSERT, UPDATE ON subscription, entitlement, invoice TO app;

-- migrate:down
DROP TABLE invoice, entitlement, subscription;
DELETE FROM state_transition WHERE machine IN ('subscription', 'invoice');
