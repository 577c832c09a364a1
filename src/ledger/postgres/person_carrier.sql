-- A carrier known from elsewhere than the prefix; imports leave it while the number stays.
UPDATE person SET carrier = $2, carrier_source = 'override', updated_at = $3 WHERE id = $1
