-- The contact belongs to the person made of it.
UPDATE contact
   SET person = (SELECT p.id FROM person p WHERE p.external_id = 'contact:' || contact.route || ':' || contact.address)
 WHERE route = $1 AND address = $2 AND person IS NULL
