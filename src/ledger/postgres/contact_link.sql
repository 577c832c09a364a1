-- A contact belongs to the one person who has its telephone; until then to the person made of it, if there is one.
UPDATE contact
   SET person = (SELECT min(p.id) FROM person p WHERE p.phone = contact.phone)
 WHERE route = $1 AND address = $2 AND phone IS NOT NULL
   AND (person IS NULL OR person = (SELECT o.id FROM person o
                                              WHERE o.external_id = 'contact:' || contact.route || ':' || contact.address))
   AND (SELECT count(*) FROM person p WHERE p.phone = contact.phone) = 1
