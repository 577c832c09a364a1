-- A picture.
SELECT media_type, bytes FROM picture WHERE hash = $1
