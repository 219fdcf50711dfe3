-- What partitioned tables and their attached partitions have, as (table, partition, kind, name, definition);
-- partition '' is the table itself. What both must have is alike in both.
WITH parts AS (
    SELECT t.relname AS parent, '' AS part, t.*
      FROM pg_class t WHERE t.relkind = 'p' AND NOT t.relispartition
    UNION ALL
    SELECT t.relname, p.relname, p.*
      FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhrelid AND NOT i.inhdetachpending
      JOIN pg_class t ON t.oid = i.inhparent AND t.relkind = 'p'
), ours AS (
    SELECT * FROM parts WHERE relnamespace = 'public'::regnamespace
)
SELECT o.parent::text, o.part::text, 'bounds' AS kind, '' AS name, pg_get_expr(o.relpartbound, o.oid) AS definition
  FROM ours o WHERE o.part <> ''
UNION ALL
SELECT o.parent, o.part, 'table', '', CASE o.relpersistence WHEN 'u' THEN 'unlogged' ELSE 'logged' END
       || CASE WHEN o.relrowsecurity THEN ', row security' ELSE '' END
       || CASE WHEN o.relforcerowsecurity THEN ', forced on its owner' ELSE '' END
  FROM ours o
UNION ALL
SELECT o.parent, o.part, 'owner', '', r.rolname FROM ours o JOIN pg_roles r ON r.oid = o.relowner
UNION ALL
SELECT o.parent, o.part, 'column', a.attname, CASE WHEN a.attnotnull THEN 'NOT NULL' ELSE 'may be null' END
  FROM ours o JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT o.parent, o.part, 'constraint', pg_get_constraintdef(c.oid),
       CASE WHEN c.convalidated THEN 'validated' ELSE 'not validated' END
       || CASE WHEN EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgconstraint = c.oid AND t.tgenabled <> 'O')
               THEN ', disabled' ELSE '' END
  FROM ours o JOIN pg_constraint c ON c.conrelid = o.oid AND c.contype <> 't'
 WHERE NOT EXISTS (SELECT 1 FROM pg_class p WHERE p.oid = c.confrelid AND p.relispartition)
UNION ALL
SELECT o.parent, o.part, 'trigger', t.tgname,
       t.tgfoid::regprocedure || CASE t.tgenabled WHEN 'O' THEN '' ELSE ' (' || t.tgenabled::text || ')' END
  FROM ours o JOIN pg_trigger t ON t.tgrelid = o.oid AND NOT t.tgisinternal
UNION ALL
SELECT o.parent, o.part, 'index', x.relname, pg_get_indexdef(x.oid)  -- of its own: no part of the table's
  FROM ours o JOIN pg_index i ON i.indrelid = o.oid AND i.indisvalid JOIN pg_class x ON x.oid = i.indexrelid
 WHERE o.part <> '' AND NOT EXISTS (SELECT 1 FROM pg_inherits h WHERE h.inhrelid = x.oid)
   AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = x.oid AND c.contype IN ('p', 'u', 'x'))
UNION ALL
SELECT o.parent, o.part, 'rule', r.rulename, 'a rule' FROM ours o JOIN pg_rewrite r ON r.ev_class = o.oid
UNION ALL
SELECT o.parent, o.part, 'policy', p.polname, 'a policy' FROM ours o JOIN pg_policy p ON p.polrelid = o.oid
UNION ALL
SELECT o.parent, o.part, 'grant', coalesce(r.rolname, 'public'), string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type)
  FROM ours o
 CROSS JOIN LATERAL (SELECT o.relacl AS acl UNION ALL
                     SELECT t.attacl FROM pg_attribute t WHERE t.attrelid = o.oid) acls
 CROSS JOIN LATERAL aclexplode(acls.acl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
 WHERE a.grantee <> o.relowner AND o.part <> ''
 GROUP BY o.parent, o.part, r.rolname
ORDER BY 1, 2, 3, 4
