-- Everything in schema `public` that a migration can make, as (kind, name, definition). Partitions come and
-- go with time and are compared apart; what a constraint, a table or an extension brings along is left out.
WITH named AS (
    SELECT c.oid, c.relname, c.relkind, c.relacl, c.relowner
      FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
       AND c.relname NOT IN ('schema_migrations', 'schema_migrations_pkey') AND c.relname !~ '_\d{4}_\d{2}$'
)
SELECT 'table' AS kind, n.relname::text AS name,
       CASE n.relkind WHEN 'p' THEN 'partitioned by ' || pg_get_partkeydef(n.oid) ELSE 'table' END AS definition
  FROM named n WHERE n.relkind IN ('r', 'p')
UNION ALL
SELECT 'column', n.relname || '.' || a.attname,
       format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
       || coalesce(CASE a.attgenerated WHEN 's' THEN ' GENERATED ' ELSE ' DEFAULT ' END
                   || pg_get_expr(d.adbin, d.adrelid), '')
       || CASE a.attidentity WHEN '' THEN '' ELSE ' IDENTITY ' || a.attidentity::text END
  FROM named n JOIN pg_attribute a ON a.attrelid = n.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE n.relkind IN ('r', 'p')
UNION ALL
SELECT 'constraint', n.relname || '.' || c.conname,
       pg_get_constraintdef(c.oid) || CASE WHEN c.convalidated THEN '' ELSE ' (not validated)' END
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
SELECT 'view', n.relname::text, pg_get_viewdef(n.oid) FROM named n WHERE n.relkind IN ('v', 'm')
UNION ALL
SELECT 'sequence', n.relname::text, 'sequence' FROM named n
 WHERE n.relkind = 'S'
UNION ALL
SELECT 'function', p.oid::regprocedure::text, pg_get_functiondef(p.oid)
  FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prokind IN ('f', 'p')
   AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT 'domain', t.typname::text, format_type(t.typbasetype, t.typtypmod)
       || coalesce((SELECT string_agg(' ' || pg_get_constraintdef(c.oid), '' ORDER BY c.conname)
                      FROM pg_constraint c WHERE c.contypid = t.oid), '')
  FROM pg_type t WHERE t.typnamespace = 'public'::regnamespace AND t.typtype = 'd'
UNION ALL
SELECT 'enum', t.typname::text, (SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder)
                                   FROM pg_enum e WHERE e.enumtypid = t.oid)
  FROM pg_type t WHERE t.typnamespace = 'public'::regnamespace AND t.typtype = 'e'
UNION ALL
SELECT 'grant', n.relname || ' to ' || coalesce(r.rolname, 'public'),
       string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type)
  FROM named n CROSS JOIN LATERAL aclexplode(n.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
 WHERE a.grantee <> n.relowner
 GROUP BY n.relname, r.rolname
UNION ALL
SELECT 'grant', n.relname || '.' || t.attname || ' to ' || coalesce(r.rolname, 'public'),
       string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type)
  FROM named n JOIN pg_attribute t ON t.attrelid = n.oid AND t.attacl IS NOT NULL
 CROSS JOIN LATERAL aclexplode(t.attacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
 WHERE a.grantee <> n.relowner
 GROUP BY n.relname, t.attname, r.rolname
ORDER BY 1, 2
