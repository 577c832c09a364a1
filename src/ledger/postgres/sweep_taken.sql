-- Later attempts of a claim that nobody has answered for.
SELECT seq, attempt, strikes FROM retry WHERE claim = $1 ORDER BY seq
