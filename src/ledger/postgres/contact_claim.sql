-- Telephones that a list has brought bring the contacts who gave them.
UPDATE contact
   SET person = (SELECT min(p.id) FROM person p WHERE p.phone = contact.phone)
 WHERE phone = ANY ($1::text[])
   AND (person IS NULL OR person = (SELECT o.id FROM person o
                                              WHERE o.external_id = 'contact:' || contact.route || ':' || contact.address))
   AND (SELECT count(*) FROM person p WHERE p.phone = contact.phone) = 1
