-- The application changes these columns and no others: whose a row is, its amount and its currency stay
-- what they were when it was written.

-- migrate:up
REVOKE UPDATE ON payment_intent, account, subscription, entitlement, invoice, outbox, idempotency_key FROM app;
GRANT UPDATE (status) ON payment_intent, invoice TO app;
GRANT UPDATE (balance) ON account TO app;
GRANT UPDATE (status, end_at) ON subscription TO app;
GRANT UPDATE (active) ON entitlement TO app;
GRANT UPDATE (published_at) ON outbox TO app;
GRANT UPDATE (status_code, answer) ON idempotency_key TO app;

-- migrate:down
REVOKE UPDATE (status) ON payment_intent, invoice FROM app;
REVOKE UPDATE (balance) ON account FROM app;
REVOKE UPDATE (status, end_at) ON subscription FROM app;
REVOKE UPDATE (active) ON entitlement FROM app;
REVOKE UPDATE (published_at) ON outbox FROM app;
REVOKE UPDATE (status_code, answer) ON idempotency_key FROM app;
GRANT UPDATE ON payment_intent, account, subscription, entitlement, invoice, outbox, idempotency_key TO app;
