-- This address is not written to any more.
INSERT INTO contact (route, address, opted_out_at, opted_out_reason, updated_at) VALUES ($1, $2, $4, $3, $4)
ON CONFLICT (route, address) DO UPDATE
   SET opted_out_at = coalesce(contact.opted_out_at, excluded.opted_out_at),
       opted_out_reason = coalesce(contact.opted_out_reason, excluded.opted_out_reason), updated_at = excluded.updated_at
