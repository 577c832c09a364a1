-- Remembers how far a dispatch was examined; from its end it starts anew, for answers that came late.
UPDATE dispatch SET sent = sent - $3, unconfirmed = unconfirmed + $3, swept_to = $4 WHERE alert = $1 AND route = $2
