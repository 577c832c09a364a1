-- The next pair; the one before is kept for inspection.
UPDATE keychain
   SET edition = edition + 1, access_before = access, refresh_before = refresh, access = ?3, refresh = ?4,
       access_until = ?5, refresh_until = ?6, turn_until = 0, updated_at = ?7
 WHERE name = ?1 AND edition = ?2
