-- A follower whose commune is known and whom no list has becomes a person without telephone, and moves with it.
INSERT INTO person (external_id, area, updated_at)
SELECT 'contact:' || c.route || ':' || c.address, c.area, ?3
  FROM contact c
 WHERE c.route = ?1 AND c.address = ?2 AND c.area IS NOT NULL
   AND (c.person IS NULL OR c.person = (SELECT o.id FROM person o
                                         WHERE o.external_id = 'contact:' || c.route || ':' || c.address))
ON CONFLICT (external_id) DO UPDATE SET area = excluded.area, updated_at = excluded.updated_at
