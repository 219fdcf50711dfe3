-- Everything in schema `public` that a migration can make, as (kind, name, definition). Partitions come and
-- go with time and are compared apart (partitions.sql); what a constraint, a table or an extension brings along
-- is left out. Owners, settings and memberships are told where they are not what every cluster has; of the roles those
-- that the bootstrap makes (cluster_cli/bootstrap/roles.py).
WITH named AS (
    SELECT c.oid, c.relname, c.relkind, c.relacl, c.relowner, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity
      FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
       AND c.relname NOT IN ('schema_migrations', 'schema_migrations_pkey') AND c.relname !~ '_\d{4}_\d{2}$'
), functions AS (
    SELECT p.oid, p.oid::regprocedure::text AS name, p.proowner, p.proacl
      FROM pg_proc p
     WHERE p.pronamespace = 'public'::regnamespace AND p.prokind IN ('f', 'p')
       AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
), types AS (
    SELECT t.* FROM pg_type t WHERE t.typnamespace = 'public'::regnamespace AND t.typtype IN ('d', 'e')
), here AS (
    SELECT d.oid, d.datdba, d.datacl FROM pg_database d WHERE d.datname = current_database()
), made AS (
    SELECT * FROM pg_roles WHERE rolname IN ('app', 'postgres', 'prober', 'replicator', 'rewind')
), owners AS (
    SELECT relname::text AS name, relowner AS owner, relacl AS acl, NULL::"char" AS defaults FROM named
     WHERE relkind NOT IN ('i', 'I')
    UNION ALL SELECT name, proowner, proacl, 'f' FROM functions
    UNION ALL SELECT typname::text, typowner, typacl, 'T' FROM types
    UNION ALL SELECT 'schema public', nspowner, nspacl, 'n' FROM pg_namespace WHERE nspname = 'public'
    UNION ALL SELECT 'database', datdba, datacl, 'd' FROM here
), owned AS (
    SELECT * FROM owners
    UNION ALL SELECT n.relname || '.' || a.attname, n.relowner, a.attacl, NULL
      FROM named n JOIN pg_attribute a ON a.attrelid = n.oid AND a.attacl IS NOT NULL
), granted AS (
    SELECT o.name, o.owner, a.grantee, a.privilege_type, a.is_grantable
      FROM owned o CROSS JOIN LATERAL aclexplode(
           coalesce(o.acl, CASE WHEN o.defaults IS NOT NULL THEN acldefault(o.defaults, o.owner) END)) a
)
SELECT 'table' AS kind, n.relname::text AS name,
       CASE n.relpersistence WHEN 'u' THEN 'unlogged ' ELSE '' END
       || CASE n.relkind WHEN 'p' THEN 'partitioned by ' || pg_get_partkeydef(n.oid) ELSE 'table' END
       || CASE WHEN n.relrowsecurity THEN ' with row security' ELSE '' END
       || CASE WHEN n.relforcerowsecurity THEN ', forced on its owner' ELSE '' END AS definition
  FROM named n WHERE n.relkind IN ('r', 'p')
UNION ALL
SELECT 'column', n.relname || '.' || a.attname,
       format_type(a.atttypid, a.atttypmod)
       || CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END
       || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
       || coalesce(CASE a.attgenerated WHEN 's' THEN ' GENERATED ' ELSE ' DEFAULT ' END
                   || pg_get_expr(d.adbin, d.adrelid), '')
       || CASE a.attidentity WHEN '' THEN '' ELSE ' IDENTITY ' || a.attidentity::text END
  FROM named n JOIN pg_attribute a ON a.attrelid = n.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE n.relkind IN ('r', 'p')
UNION ALL
SELECT 'constraint', n.relname || '.' || c.conname,
       pg_get_constraintdef(c.oid) || CASE WHEN c.convalidated THEN '' ELSE ' (not validated)' END
       || CASE WHEN EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgconstraint = c.oid AND t.tgenabled <> 'O')
               THEN ' (disabled)' ELSE '' END
  FROM named n JOIN pg_constraint c ON c.conrelid = n.oid AND c.contype <> 't'
 WHERE NOT EXISTS (SELECT 1 FROM pg_class p WHERE p.oid = c.confrelid AND p.relispartition)
UNION ALL
SELECT 'index', n.relname::text, pg_get_indexdef(n.oid) || CASE WHEN i.indisvalid THEN '' ELSE ' (invalid)' END
  FROM named n JOIN pg_index i ON i.indexrelid = n.oid
  JOIN pg_class t ON t.oid = i.indrelid AND NOT t.relispartition AND t.relname <> 'schema_migrations'
   AND t.relname !~ '_\d{4}_\d{2}$'
 WHERE NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = n.oid AND c.contype IN ('p', 'u', 'x'))
UNION ALL
SELECT 'trigger', n.relname || '.' || t.tgname,
       pg_get_triggerdef(t.oid) || CASE t.tgenabled WHEN 'O' THEN '' ELSE ' (' || t.tgenabled::text || ')' END
  FROM named n JOIN pg_trigger t ON t.tgrelid = n.oid AND NOT t.tgisinternal
UNION ALL
SELECT 'rule', n.relname || '.' || r.rulename,
       pg_get_ruledef(r.oid) || CASE r.ev_enabled WHEN 'O' THEN '' ELSE ' (' || r.ev_enabled::text || ')' END
  FROM named n JOIN pg_rewrite r ON r.ev_class = n.oid AND r.rulename <> '_RETURN'
UNION ALL
SELECT 'policy', p.tablename || '.' || p.policyname,
       concat_ws(' ', p.permissive, p.cmd, 'to', array_to_string(p.roles, ', '),
                 'using (' || p.qual || ')', 'check (' || p.with_check || ')')
  FROM pg_policies p WHERE p.schemaname = 'public' AND p.tablename IN (SELECT relname FROM named)
UNION ALL
SELECT 'view', n.relname::text, pg_get_viewdef(n.oid) FROM named n WHERE n.relkind IN ('v', 'm')
UNION ALL
SELECT 'sequence', n.relname::text, 'sequence' FROM named n
 WHERE n.relkind = 'S' AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = n.oid AND d.deptype = 'i')
UNION ALL
SELECT 'function', f.name, pg_get_functiondef(f.oid) FROM functions f
UNION ALL
SELECT 'domain', t.typname::text, format_type(t.typbasetype, t.typtypmod)
       || coalesce((SELECT string_agg(' ' || pg_get_constraintdef(c.oid), '' ORDER BY c.conname)
                      FROM pg_constraint c WHERE c.contypid = t.oid), '')
  FROM types t WHERE t.typtype = 'd'
UNION ALL
SELECT 'enum', t.typname::text, (SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder)
                                   FROM pg_enum e WHERE e.enumtypid = t.oid)
  FROM types t WHERE t.typtype = 'e'
UNION ALL
SELECT 'grant', g.name || ' to ' || coalesce(r.rolname, 'public'),
       string_agg(g.privilege_type || CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END, ', '
                  ORDER BY g.privilege_type)
  FROM granted g LEFT JOIN pg_roles r ON r.oid = g.grantee
 WHERE g.grantee <> g.owner
 GROUP BY g.name, r.rolname
UNION ALL
SELECT 'owner', o.name, r.rolname::text
  FROM owners o JOIN pg_roles r ON r.oid = o.owner CROSS JOIN here
 WHERE CASE o.name WHEN 'database' THEN NOT r.rolsuper
                   WHEN 'schema public' THEN r.rolname <> 'pg_database_owner'
                   ELSE o.owner <> here.datdba END
UNION ALL
SELECT 'role', r.rolname::text, concat_ws(' ',
       CASE WHEN r.rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END,
       CASE WHEN r.rolsuper THEN 'SUPERUSER' ELSE nullif(concat_ws(' ',  -- who may do everything
            CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END, CASE WHEN r.rolcreatedb THEN 'CREATEDB' END,
            CASE WHEN r.rolreplication THEN 'REPLICATION' END, CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END), '') END,
       CASE WHEN NOT r.rolinherit THEN 'NOINHERIT' END,
       'CONNECTION LIMIT ' || nullif(r.rolconnlimit, -1), 'VALID UNTIL ' || r.rolvaliduntil)
  FROM made r
UNION ALL
SELECT 'membership', member.rolname || ' in ' || whole.rolname,
       CASE WHEN m.admin_option THEN 'WITH ADMIN OPTION' ELSE 'member' END
  FROM pg_auth_members m JOIN pg_roles member ON member.oid = m.member JOIN pg_roles whole ON whole.oid = m.roleid
 WHERE m.member IN (SELECT oid FROM made) OR m.roleid IN (SELECT oid FROM made)
UNION ALL
SELECT 'setting', coalesce('role ' || r.rolname, 'every role') || ': ' || split_part(one, '=', 1),
       substr(one, position('=' IN one) + 1)
  FROM pg_db_role_setting s CROSS JOIN here CROSS JOIN LATERAL unnest(s.setconfig) one
  LEFT JOIN pg_roles r ON r.oid = s.setrole
 WHERE s.setdatabase IN (0, here.oid)
ORDER BY 1, 2
