-- The ledger. Facts are appended; the few rows that move are cursors, counters, leases and short queues.
-- Times are UTC microseconds since 1970. Both dialects keep the same tables, columns and names.

-- ---- who may do what ------------------------------------------------------------------------------
CREATE TABLE account (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  name        TEXT    NOT NULL UNIQUE,
  role        TEXT    NOT NULL CHECK (role IN ('author', 'approver', 'auditor', 'admin')),
  key_id      TEXT    NOT NULL UNIQUE,          -- the public half of the API key
  key_hash    TEXT    NOT NULL,                 -- SHA-256 of the secret half, hex
  created_at  INTEGER NOT NULL,
  revoked_at  INTEGER
);

CREATE TABLE idempotency (
  account     INTEGER NOT NULL,
  key         TEXT    NOT NULL,
  body_hash   TEXT    NOT NULL,
  status      INTEGER,                          -- NULL while the first request is still at work
  response    TEXT,
  at          INTEGER NOT NULL,
  PRIMARY KEY (account, key)
) WITHOUT ROWID;

-- ---- people ---------------------------------------------------------------------------------------
CREATE TABLE people_group (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  slug        TEXT    NOT NULL UNIQUE,
  name        TEXT    NOT NULL,
  exercise    INTEGER NOT NULL DEFAULT 0 CHECK (exercise IN (0, 1)),
  created_at  INTEGER NOT NULL
);

CREATE TABLE person (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  external_id    TEXT    NOT NULL UNIQUE,       -- the office's own key; the number itself where the list has none
  phone          TEXT,                          -- E.164 digits without +
  carrier        TEXT,
  carrier_source TEXT    CHECK (carrier_source IN ('prefix', 'override')),
  area           TEXT    NOT NULL,              -- commune code, 2025 vintage
  name           TEXT,
  opted_out_at   INTEGER,
  import         INTEGER,
  updated_at     INTEGER NOT NULL
);
CREATE INDEX person_area  ON person (area, id);
CREATE INDEX person_phone ON person (phone);

CREATE TABLE membership (
  people_group INTEGER NOT NULL REFERENCES people_group (id),
  person       INTEGER NOT NULL REFERENCES person (id),
  PRIMARY KEY (people_group, person)
) WITHOUT ROWID;
CREATE INDEX membership_person ON membership (person);

CREATE TABLE import (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  account     INTEGER NOT NULL,
  name        TEXT    NOT NULL,
  state       TEXT    NOT NULL CHECK (state IN ('running', 'finished', 'interrupted')),
  rows_total  INTEGER NOT NULL DEFAULT 0,
  rows_new    INTEGER NOT NULL DEFAULT 0,
  rows_changed INTEGER NOT NULL DEFAULT 0,
  rows_same   INTEGER NOT NULL DEFAULT 0,
  rows_refused INTEGER NOT NULL DEFAULT 0,
  rows_warned INTEGER NOT NULL DEFAULT 0,
  started_at  INTEGER NOT NULL,
  ended_at    INTEGER,
  note        TEXT
);

CREATE TABLE import_row (
  import      INTEGER NOT NULL,
  line        INTEGER NOT NULL,                 -- line in the file, the header being 1
  verdict     TEXT    NOT NULL CHECK (verdict IN ('new', 'changed', 'same', 'refused')),
  field       TEXT,
  note        TEXT,                             -- reason of a refusal, or a warning
  PRIMARY KEY (import, line)
) WITHOUT ROWID;

-- ---- alerts ---------------------------------------------------------------------------------------
CREATE TABLE alert (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  kind          TEXT    NOT NULL,
  mode          TEXT    NOT NULL,
  severity      TEXT    NOT NULL,
  phase         TEXT    NOT NULL,
  version       INTEGER NOT NULL DEFAULT 1,
  refers_to     INTEGER,
  content       TEXT    NOT NULL,               -- JSON of domain::Content
  content_hash  TEXT    NOT NULL,               -- of the current version
  approved_hash TEXT,                           -- of the version that was approved: the only one that is sent
  audience      TEXT    NOT NULL,               -- JSON of domain::Audience
  uncertain     TEXT    NOT NULL CHECK (uncertain IN ('resend', 'hold')),
  author        INTEGER NOT NULL,               -- who wrote the current version
  approver      INTEGER,
  expires_at    INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  approved_at   INTEGER,
  people_until  INTEGER,                        -- highest person id at approval; later people are not in the list
  freeze_after  INTEGER NOT NULL DEFAULT 0,     -- last person id frozen so far
  frozen_at     INTEGER,
  targets       INTEGER NOT NULL DEFAULT 0,
  excluded      INTEGER NOT NULL DEFAULT 0,
  target_digest TEXT,
  fanned_to     INTEGER NOT NULL DEFAULT 0,     -- last target seq that has become a message
  first_sent_at INTEGER,
  ended_at      INTEGER
);
CREATE INDEX alert_phase ON alert (phase, id);

CREATE TABLE alert_event (
  alert    INTEGER NOT NULL,
  n        INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  account  INTEGER,                             -- NULL: the gateway itself
  action   TEXT    NOT NULL,
  from_phase TEXT,
  to_phase TEXT    NOT NULL,
  version  INTEGER NOT NULL,
  reason   TEXT,
  content_hash TEXT NOT NULL,
  PRIMARY KEY (alert, n)
) WITHOUT ROWID;

CREATE TABLE target (
  alert   INTEGER NOT NULL,
  seq     INTEGER NOT NULL,                     -- 1..n without gaps
  person  INTEGER NOT NULL,
  phone   TEXT    NOT NULL,
  area    TEXT    NOT NULL,
  route   INTEGER NOT NULL,
  PRIMARY KEY (alert, seq),
  UNIQUE (alert, phone)
) WITHOUT ROWID;

CREATE TABLE exclusion (
  alert   INTEGER NOT NULL,
  person  INTEGER NOT NULL,
  reason  TEXT    NOT NULL,
  area    TEXT    NOT NULL,
  PRIMARY KEY (alert, person)
) WITHOUT ROWID;

-- ---- sending --------------------------------------------------------------------------------------
CREATE TABLE route (
  id    INTEGER PRIMARY KEY AUTOINCREMENT,
  name  TEXT NOT NULL UNIQUE
);

CREATE TABLE lane (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  name   TEXT    NOT NULL UNIQUE,
  owner  TEXT,                                  -- node; NULL: nobody
  until  INTEGER NOT NULL DEFAULT 0,
  epoch  INTEGER NOT NULL DEFAULT 0,            -- grows with every change of owner; checked by every write of an owner
  ready  INTEGER NOT NULL DEFAULT 0 CHECK (ready IN (0, 1))
);

CREATE TABLE dispatch (
  alert       INTEGER NOT NULL,
  route       INTEGER NOT NULL,
  priority    INTEGER NOT NULL,
  state       TEXT    NOT NULL CHECK (state IN ('running', 'paused', 'done')),
  ended_as    TEXT    CHECK (ended_as IN ('expired', 'cancelled')),  -- what became of seq >= cursor
  cursor      INTEGER NOT NULL DEFAULT 1,       -- seq < cursor: claimed at least once
  end_seq     INTEGER NOT NULL DEFAULT 1,       -- exclusive
  parts       INTEGER NOT NULL CHECK (parts > 0),
  uncertain_policy TEXT NOT NULL CHECK (uncertain_policy IN ('resend', 'hold')),
  expires_at  INTEGER NOT NULL,
  swept_to    INTEGER NOT NULL DEFAULT 0,       -- last seq examined for an overdue receipt
  accepted    INTEGER NOT NULL DEFAULT 0,
  queued      INTEGER NOT NULL DEFAULT 0 CHECK (queued >= 0),
  in_flight   INTEGER NOT NULL DEFAULT 0 CHECK (in_flight >= 0),
  sent        INTEGER NOT NULL DEFAULT 0 CHECK (sent >= 0),
  delivered   INTEGER NOT NULL DEFAULT 0 CHECK (delivered >= 0),
  undelivered INTEGER NOT NULL DEFAULT 0 CHECK (undelivered >= 0),
  unconfirmed INTEGER NOT NULL DEFAULT 0 CHECK (unconfirmed >= 0),
  failed      INTEGER NOT NULL DEFAULT 0 CHECK (failed >= 0),
  expired     INTEGER NOT NULL DEFAULT 0 CHECK (expired >= 0),
  cancelled   INTEGER NOT NULL DEFAULT 0 CHECK (cancelled >= 0),
  uncertain   INTEGER NOT NULL DEFAULT 0 CHECK (uncertain >= 0),
  possible_repeats INTEGER NOT NULL DEFAULT 0,
  parts_submitted  INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (alert, route),
  CHECK (cursor <= end_seq),
  -- Conservation, at every commit.
  CHECK (accepted = queued + in_flight + sent + delivered + undelivered + unconfirmed
                  + failed + expired + cancelled + uncertain)
) WITHOUT ROWID;
CREATE INDEX dispatch_open ON dispatch (route, priority, alert) WHERE state <> 'done';

CREATE TABLE message (
  alert      INTEGER NOT NULL,
  route      INTEGER NOT NULL,
  seq        INTEGER NOT NULL,                  -- 1..n inside its dispatch
  target_seq INTEGER NOT NULL,
  address    TEXT    NOT NULL,
  PRIMARY KEY (alert, route, seq)
) WITHOUT ROWID;

CREATE TABLE claim (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  lane      INTEGER NOT NULL,
  epoch     INTEGER NOT NULL,
  alert     INTEGER NOT NULL,
  route     INTEGER NOT NULL,
  from_seq  INTEGER,                            -- a range of first attempts; NULL: the rows of retry that name this claim
  to_seq    INTEGER,                            -- exclusive
  messages  INTEGER NOT NULL,
  unsettled INTEGER NOT NULL CHECK (unsettled >= 0),
  at        INTEGER NOT NULL,
  closed_at INTEGER
);
CREATE INDEX claim_open ON claim (lane) WHERE closed_at IS NULL;

-- One row per answered part; part 0 stands for an answer about the whole attempt.
CREATE TABLE submission (
  alert     INTEGER NOT NULL,
  route     INTEGER NOT NULL,
  seq       INTEGER NOT NULL,
  attempt   INTEGER NOT NULL,
  part      INTEGER NOT NULL,
  lane      INTEGER NOT NULL,
  outcome   TEXT    NOT NULL CHECK (outcome IN ('accepted', 'refused', 'throttled', 'not_sent', 'uncertain')),
  reference TEXT,
  code      TEXT,
  reason    TEXT,
  at        INTEGER NOT NULL,
  PRIMARY KEY (alert, route, seq, attempt, part)
) WITHOUT ROWID;
CREATE INDEX submission_reference ON submission (lane, reference) WHERE reference IS NOT NULL;

-- Receipts that did not themselves close a single-part message: parts, progress, duplicates, contradictions.
CREATE TABLE receipt (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  alert       INTEGER NOT NULL,
  route       INTEGER NOT NULL,
  seq         INTEGER NOT NULL,
  attempt     INTEGER NOT NULL,
  part        INTEGER NOT NULL,
  verdict     TEXT    NOT NULL CHECK (verdict IN ('delivered', 'failed', 'progress', 'unknown')),
  code        TEXT,
  provider_at INTEGER,
  received_at INTEGER NOT NULL,
  raw         TEXT
);
CREATE INDEX receipt_message ON receipt (alert, route, seq);

CREATE TABLE unmatched_receipt (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  lane        INTEGER NOT NULL,
  address     TEXT,
  verdict     TEXT    NOT NULL,
  code        TEXT,
  provider_at INTEGER,
  received_at INTEGER NOT NULL,
  raw         TEXT
);
CREATE TABLE unmatched_reference (
  lane      INTEGER NOT NULL,
  reference TEXT    NOT NULL,
  rank      INTEGER NOT NULL,                   -- 0: the likeliest normal form
  receipt   INTEGER NOT NULL REFERENCES unmatched_receipt (id) ON DELETE CASCADE,
  PRIMARY KEY (lane, reference, receipt)
) WITHOUT ROWID;
CREATE INDEX unmatched_reference_receipt ON unmatched_reference (receipt);

-- The end of a message; once. For a single part it is also the receipt that decided.
CREATE TABLE closing (
  alert       INTEGER NOT NULL,
  route       INTEGER NOT NULL,
  seq         INTEGER NOT NULL,
  verdict     TEXT    NOT NULL CHECK (verdict IN ('delivered', 'undelivered', 'failed', 'expired', 'cancelled')),
  attempt     INTEGER,
  code        TEXT,
  provider_at INTEGER,
  at          INTEGER NOT NULL,
  raw         TEXT,
  PRIMARY KEY (alert, route, seq)
) WITHOUT ROWID;

-- Sent or perhaps sent, and nothing final is known.
CREATE TABLE doubt (
  alert    INTEGER NOT NULL,
  route    INTEGER NOT NULL,
  seq      INTEGER NOT NULL,
  kind     TEXT    NOT NULL CHECK (kind IN ('uncertain', 'unconfirmed')),
  attempt  INTEGER NOT NULL,
  lane     INTEGER,
  address  TEXT    NOT NULL,
  reason   TEXT    NOT NULL,
  at       INTEGER NOT NULL,
  PRIMARY KEY (alert, route, seq)
) WITHOUT ROWID;
CREATE INDEX doubt_address ON doubt (lane, address) WHERE kind = 'uncertain';

-- The retry queue. A row stays while its attempt is under way and names that claim.
CREATE TABLE retry (
  alert    INTEGER NOT NULL,
  route    INTEGER NOT NULL,
  seq      INTEGER NOT NULL,
  due_at   INTEGER NOT NULL,
  attempt  INTEGER NOT NULL,                    -- number of the attempt to come
  strikes  INTEGER NOT NULL,                    -- attempts that counted against the limit
  possible_repeat INTEGER NOT NULL CHECK (possible_repeat IN (0, 1)),
  claim    INTEGER,
  PRIMARY KEY (alert, route, seq)
) WITHOUT ROWID;
CREATE INDEX retry_due   ON retry (alert, route, due_at) WHERE claim IS NULL;
CREATE INDEX retry_claim ON retry (claim) WHERE claim IS NOT NULL;

-- What people wrote back.
CREATE TABLE inbox (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  lane     INTEGER NOT NULL,
  sender   TEXT    NOT NULL,
  receiver TEXT    NOT NULL,
  text     TEXT    NOT NULL,
  at       INTEGER NOT NULL
);
