-- The phase and version of an alert.
SELECT phase, version FROM alert WHERE id = $1
