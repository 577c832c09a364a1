-- Forms from which alerts are begun. A change is a version more: who wrote which words and when stays readable.
CREATE TABLE alert_template (
  name    TEXT NOT NULL,
  version BIGINT NOT NULL CHECK (version >= 1),   -- without gaps; the highest counts
  form    TEXT NOT NULL,                          -- JSON of office::TemplateForm
  retired BIGINT NOT NULL CHECK (retired IN (0, 1)),
  account BIGINT NOT NULL,                        -- who wrote this version
  at      BIGINT NOT NULL,
  PRIMARY KEY (name, version)
);
