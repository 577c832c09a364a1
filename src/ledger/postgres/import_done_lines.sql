-- Lines of a batch that were recorded before: the batch is a repetition.
SELECT line FROM import_row WHERE import = $1 AND line = ANY ($2::bigint[])
