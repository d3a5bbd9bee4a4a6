-- The ledger in SQLite. Amounts are integers in 10^-places units of their account; times are UTC
-- text of one width, so that they sort; factors and quantities are exact, as 'n' or 'n/d'.
-- transfer, audit and account are append-only: the triggers refuse UPDATE and DELETE, and an
-- existing id even under INSERT OR REPLACE, which fires no delete trigger (R16).

CREATE TABLE account (
    id TEXT PRIMARY KEY,
    terms TEXT NOT NULL,
    holder TEXT NOT NULL,
    parent TEXT NOT NULL,
    base TEXT NOT NULL,
    period TEXT NOT NULL,
    base_floor INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE counters (
    account TEXT PRIMARY KEY REFERENCES account (id),
    credits_pending INTEGER NOT NULL CHECK (credits_pending >= 0),
    credits_posted INTEGER NOT NULL,
    debits_pending INTEGER NOT NULL CHECK (debits_pending >= 0),
    debits_posted INTEGER NOT NULL CHECK (debits_posted >= 0),
    excess INTEGER NOT NULL,
    tolerated INTEGER NOT NULL CHECK (tolerated >= 0),
    base_floor INTEGER NOT NULL,
    floor INTEGER NOT NULL CHECK (floor = base_floor - tolerated),
    seq INTEGER NOT NULL,
    CONSTRAINT floor_holds CHECK (
        excess >= 0
        AND credits_posted - debits_posted - debits_pending + excess >= floor
        AND (excess = 0 OR credits_posted - debits_posted - debits_pending + excess = floor)
    )
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    change TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    content TEXT NOT NULL,
    actor TEXT NOT NULL CHECK (actor <> ''),
    reason TEXT NOT NULL,
    cause TEXT NOT NULL,
    effective TEXT NOT NULL,
    recorded TEXT NOT NULL CHECK (recorded >= effective),
    outcome TEXT NOT NULL
) STRICT;

CREATE TABLE transfer (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    change TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES account (id),
    kind TEXT NOT NULL CHECK (kind IN
        ('grant', 'reserve', 'post', 'void', 'expire', 'return', 'adjust', 'breach')),
    side TEXT NOT NULL CHECK (side IN ('credit', 'debit')),
    amount INTEGER NOT NULL CHECK (amount > 0 OR kind = 'adjust'),
    drawn INTEGER NOT NULL CHECK (drawn >= 0),
    tolerated INTEGER NOT NULL CHECK (tolerated >= 0),
    quantity TEXT,
    factor TEXT,
    about TEXT NOT NULL,
    due TEXT,
    regime TEXT NOT NULL,
    holder TEXT NOT NULL,
    effective TEXT NOT NULL,
    recorded TEXT NOT NULL CHECK (recorded >= effective)
) STRICT;
CREATE INDEX transfer_account ON transfer (account, seq);

CREATE TABLE reservation (
    id TEXT PRIMARY KEY,
    change TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES account (id),
    side TEXT NOT NULL CHECK (side IN ('credit', 'debit')),
    amount INTEGER NOT NULL CHECK (amount > 0),
    remaining INTEGER NOT NULL CHECK (remaining >= 0 AND remaining <= amount),
    factor TEXT NOT NULL,
    post TEXT NOT NULL,
    expires TEXT,
    provisional INTEGER NOT NULL CHECK (provisional IN (0, 1)),
    holder TEXT NOT NULL,
    regime TEXT NOT NULL,
    effective TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX reservation_expires ON reservation (account, expires)
    WHERE remaining > 0 AND expires IS NOT NULL;

CREATE TABLE draw (
    id TEXT PRIMARY KEY,
    change TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES account (id),
    quantity TEXT NOT NULL,
    factor TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    returned TEXT NOT NULL,
    reversed INTEGER NOT NULL CHECK (reversed >= 0 AND reversed <= amount),
    effective TEXT NOT NULL,
    comes_back TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX draw_account ON draw (account, effective);
CREATE INDEX draw_comes_back ON draw (account, comes_back)
    WHERE reversed < amount AND comes_back IS NOT NULL;

CREATE TABLE discrepancy (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (id),
    holder TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount >= 0),
    opened_by TEXT NOT NULL,
    settled_by TEXT NOT NULL
) STRICT;
CREATE INDEX discrepancy_open ON discrepancy (account) WHERE settled_by = '';

-- triggers

CREATE TRIGGER transfer_insert BEFORE INSERT ON transfer
WHEN EXISTS (SELECT 1 FROM transfer WHERE seq >= NEW.seq)
    OR EXISTS (SELECT 1 FROM transfer WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'append-only: this transfer exists'); END;
CREATE TRIGGER transfer_update BEFORE UPDATE ON transfer
BEGIN SELECT RAISE(ABORT, 'append-only: a transfer is never edited'); END;
CREATE TRIGGER transfer_delete BEFORE DELETE ON transfer
BEGIN SELECT RAISE(ABORT, 'append-only: a transfer is never deleted'); END;

CREATE TRIGGER audit_insert BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE seq >= NEW.seq)
    OR EXISTS (SELECT 1 FROM audit WHERE change = NEW.change)
BEGIN SELECT RAISE(ABORT, 'append-only: this change is in the audit log'); END;
CREATE TRIGGER audit_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'append-only: the audit log is never edited'); END;
CREATE TRIGGER audit_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'append-only: the audit log is never deleted'); END;

CREATE TRIGGER account_insert BEFORE INSERT ON account
WHEN EXISTS (SELECT 1 FROM account WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'append-only: this account is open'); END;
CREATE TRIGGER account_update BEFORE UPDATE ON account
BEGIN SELECT RAISE(ABORT, 'append-only: an account keeps its terms'); END;
CREATE TRIGGER account_delete BEFORE DELETE ON account
BEGIN SELECT RAISE(ABORT, 'append-only: an account is never deleted'); END;

CREATE TRIGGER counters_insert BEFORE INSERT ON counters
WHEN EXISTS (SELECT 1 FROM counters WHERE account = NEW.account)
BEGIN SELECT RAISE(ABORT, 'these counters exist'); END;
CREATE TRIGGER counters_floor BEFORE UPDATE OF base_floor ON counters
WHEN NEW.base_floor <> OLD.base_floor
BEGIN SELECT RAISE(ABORT, 'the opening floor is fixed'); END;
CREATE TRIGGER counters_delete BEFORE DELETE ON counters
BEGIN SELECT RAISE(ABORT, 'counters are never deleted'); END;

CREATE TRIGGER reservation_delete BEFORE DELETE ON reservation
BEGIN SELECT RAISE(ABORT, 'a reservation is never deleted'); END;
CREATE TRIGGER draw_delete BEFORE DELETE ON draw
BEGIN SELECT RAISE(ABORT, 'a draw is never deleted'); END;
CREATE TRIGGER discrepancy_delete BEFORE DELETE ON discrepancy
BEGIN SELECT RAISE(ABORT, 'a discrepancy is settled, not deleted'); END;
