-- People made or changed by an import. Who opted out stays out.
INSERT INTO person (external_id, phone, carrier, carrier_source, area, name, opted_out_at, import, updated_at)
SELECT external_id, phone, carrier, carrier_source, area, name, CASE WHEN opted_out THEN $9::bigint END, $8, $9
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::boolean[]) WITH ORDINALITY
       AS j (external_id, phone, carrier, carrier_source, area, name, opted_out, n)
 ORDER BY n
ON CONFLICT (external_id) DO UPDATE
   SET phone = excluded.phone, carrier = excluded.carrier, carrier_source = excluded.carrier_source,
       area = excluded.area, name = excluded.name,
       opted_out_at = coalesce(person.opted_out_at, excluded.opted_out_at),
       import = excluded.import, updated_at = excluded.updated_at
