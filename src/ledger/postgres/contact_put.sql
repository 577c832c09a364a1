-- A follower as last seen; what is not known now stays as it was.
INSERT INTO contact (route, address, follows, area, phone, last_interaction, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (route, address) DO UPDATE
   SET follows = excluded.follows, area = coalesce(excluded.area, contact.area),
       phone = coalesce(excluded.phone, contact.phone),
       last_interaction = coalesce(excluded.last_interaction, contact.last_interaction), updated_at = excluded.updated_at
