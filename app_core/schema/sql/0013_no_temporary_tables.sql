-- A function finds our tables, never one of the session's own: pg_temp is searched first unless it is named.
-- Nothing here needs temporary tables, so that only superusers may make them.

-- migrate:up
ALTER FUNCTION check_transition() SET search_path = public, pg_temp;
ALTER FUNCTION create_month_partitions(text, date, date) SET search_path = public, pg_temp;
DO $$ BEGIN
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END $$;

-- migrate:down
DO $$ BEGIN
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO PUBLIC', current_database());
END $$;
ALTER FUNCTION create_month_partitions(text, date, date) RESET search_path;
ALTER FUNCTION check_transition() RESET search_path;
