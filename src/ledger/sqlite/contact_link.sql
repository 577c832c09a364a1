-- Contacts belong to the one person who has their telephone.
UPDATE contact
   SET person = (SELECT min(p.id) FROM person p WHERE p.phone = contact.phone)
 WHERE person IS NULL AND phone IS NOT NULL AND (?1 IS NULL OR address = ?1)
   AND (SELECT count(*) FROM person p WHERE p.phone = contact.phone) = 1
