-- Several channels: plans with steps, addresses beside the telephone, pages, keys that rotate, what platforms show and say.

-- ---- alerts and whom they reach ---------------------------------------------------------------------
ALTER TABLE alert ADD COLUMN plan TEXT NOT NULL DEFAULT '{"steps":[{"channels":["sms"],"wait_s":0}]}'; -- JSON of domain::Plan
-- Of an alert for those whom an earlier one reached: how far that one's messages have been looked at.
ALTER TABLE alert ADD COLUMN reach_route INTEGER NOT NULL DEFAULT 0;
ALTER TABLE alert ADD COLUMN reach_seq   INTEGER NOT NULL DEFAULT 0;
ALTER TABLE alert ADD COLUMN reach_done  INTEGER NOT NULL DEFAULT 0 CHECK (reach_done IN (0, 1));

CREATE TABLE reached (
  alert   INTEGER NOT NULL,                        -- the alert that is for them
  person  INTEGER NOT NULL,
  PRIMARY KEY (alert, person)
) WITHOUT ROWID;

-- A person may be known to a channel without a telephone, or have a telephone no route serves.
CREATE TABLE target_next (
  alert   INTEGER NOT NULL,
  seq     INTEGER NOT NULL,                     -- 1..n without gaps
  person  INTEGER NOT NULL,
  phone   TEXT,
  area    TEXT    NOT NULL,
  route   INTEGER,                              -- of the carrier, where SMS is a channel of the alert
  PRIMARY KEY (alert, seq),
  UNIQUE (alert, phone)
) WITHOUT ROWID;
INSERT INTO target_next (alert, seq, person, phone, area, route)
SELECT alert, seq, person, phone, area, route FROM target;
DROP TABLE target;
ALTER TABLE target_next RENAME TO target;

-- Frozen addresses on routes other than the carriers'.
CREATE TABLE leg (
  alert   INTEGER NOT NULL,
  seq     INTEGER NOT NULL,                        -- of the target
  route   INTEGER NOT NULL,
  address TEXT NOT NULL,
  PRIMARY KEY (alert, seq, route)
) WITHOUT ROWID;

-- Who can be addressed on a route by the provider's own id, and who does not want to be.
CREATE TABLE contact (
  route            INTEGER NOT NULL,
  address          TEXT NOT NULL,
  person           INTEGER,
  follows          INTEGER NOT NULL DEFAULT 0 CHECK (follows IN (0, 1)),
  opted_out_at     INTEGER,
  opted_out_reason TEXT,
  area             TEXT,
  phone            TEXT,
  last_interaction INTEGER,
  updated_at       INTEGER NOT NULL,
  PRIMARY KEY (route, address)
) WITHOUT ROWID;
CREATE INDEX contact_person ON contact (person) WHERE person IS NOT NULL;
CREATE INDEX contact_phone  ON contact (phone)  WHERE phone IS NOT NULL;

-- ---- sending ----------------------------------------------------------------------------------------
-- Later steps of plans; the first is the fan-out itself.
CREATE TABLE step (
  alert    INTEGER NOT NULL,
  n        INTEGER NOT NULL CHECK (n >= 2),
  due_at   INTEGER NOT NULL,
  done_to  INTEGER NOT NULL DEFAULT 0,             -- last target looked at
  ended_at INTEGER,
  PRIMARY KEY (alert, n)
) WITHOUT ROWID;
CREATE INDEX step_open ON step (alert) WHERE ended_at IS NULL;

ALTER TABLE dispatch ADD COLUMN step INTEGER NOT NULL DEFAULT 1;
ALTER TABLE dispatch ADD COLUMN page TEXT;      -- one message for all, to this address; NULL: a message for each person

-- The step of the plan; 0 where a person has one message only and nothing is to be folded.
ALTER TABLE message ADD COLUMN step INTEGER NOT NULL DEFAULT 0;
CREATE INDEX message_person ON message (alert, target_seq) WHERE step > 0;

-- ---- providers --------------------------------------------------------------------------------------
CREATE TABLE keychain (
  name           TEXT PRIMARY KEY,
  edition        INTEGER NOT NULL,                 -- grows with every pair
  access         TEXT NOT NULL,
  refresh        TEXT NOT NULL,
  access_until   INTEGER NOT NULL,
  refresh_until  INTEGER NOT NULL,
  access_before  TEXT,                          -- the pair before, for inspection
  refresh_before TEXT,
  turn_until     INTEGER NOT NULL DEFAULT 0,       -- somebody alone may replace the pair until then
  updated_at     INTEGER NOT NULL
);

CREATE TABLE provider_template (
  route   INTEGER NOT NULL,
  id      TEXT NOT NULL,
  facts   TEXT NOT NULL,                        -- JSON of contract::TemplateFacts
  seen_at INTEGER NOT NULL,
  PRIMARY KEY (route, id)
) WITHOUT ROWID;

-- What was seen of a post, each time it had changed.
CREATE TABLE exhibit (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  route     INTEGER NOT NULL,
  reference TEXT NOT NULL,
  permalink TEXT,
  metrics   TEXT NOT NULL,                      -- JSON: [[metric, value or null], ...]
  at        INTEGER NOT NULL
);
CREATE INDEX exhibit_reference ON exhibit (route, reference, id);

CREATE TABLE picture (
  hash       TEXT PRIMARY KEY,                  -- SHA-256 of the bytes, hex
  media_type TEXT NOT NULL,
  bytes      BLOB NOT NULL,
  account    INTEGER NOT NULL,
  at         INTEGER NOT NULL
);

ALTER TABLE inbox ADD COLUMN provider_id TEXT;
ALTER TABLE inbox ADD COLUMN answers TEXT;      -- the provider's reference of the message it answers
ALTER TABLE inbox ADD COLUMN alert INTEGER;
CREATE UNIQUE INDEX inbox_provider ON inbox (lane, provider_id) WHERE provider_id IS NOT NULL;
