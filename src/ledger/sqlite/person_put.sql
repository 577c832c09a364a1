-- People made or changed by an import. Who opted out stays out.
INSERT INTO person (external_id, phone, carrier, carrier_source, area, name, opted_out_at, import, updated_at)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
       CASE WHEN value ->> 6 THEN ?3 END, ?2, ?3
  FROM json_each(?1) WHERE true ORDER BY key
ON CONFLICT (external_id) DO UPDATE
   SET phone = excluded.phone, carrier = excluded.carrier, carrier_source = excluded.carrier_source,
       area = excluded.area, name = excluded.name,
       opted_out_at = coalesce(person.opted_out_at, excluded.opted_out_at),
       import = excluded.import, updated_at = excluded.updated_at
