-- Where drills write from each member's own port, to see who acknowledges; nobody reads it for business.

-- migrate:up
CREATE TABLE probe (
    id uuid PRIMARY KEY,
    member text NOT NULL,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
GRANT SELECT, INSERT, DELETE ON probe TO prober;

-- migrate:down
DROP TABLE probe;
