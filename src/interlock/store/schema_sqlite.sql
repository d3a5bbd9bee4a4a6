-- The ledger, the audit log and its seals in SQLite. Amounts are integers in 10^-places units of
-- their account; times are UTC text of one width, so that they sort; factors and quantities are
-- exact, as 'n' or 'n/d'.
-- Transfers, accounts, the audit log and the seals are append-only: the triggers refuse UPDATE and
-- DELETE, and an existing id even under INSERT OR REPLACE, which fires no delete trigger (R16).

CREATE TABLE ledger_schema (version INTEGER NOT NULL) STRICT;
INSERT INTO ledger_schema VALUES (2);

CREATE TABLE ledger_account (
    id TEXT PRIMARY KEY,
    terms TEXT NOT NULL,
    holder TEXT NOT NULL,
    parent TEXT NOT NULL,
    base TEXT NOT NULL,
    period TEXT NOT NULL,
    base_floor INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_counters (
    account TEXT PRIMARY KEY REFERENCES ledger_account (id),
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

CREATE TABLE ledger_transfer (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    change TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES ledger_account (id),
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
CREATE INDEX ledger_transfer_account ON ledger_transfer (account, seq);

CREATE TABLE ledger_reservation (
    id TEXT PRIMARY KEY,
    change TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES ledger_account (id),
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
CREATE INDEX ledger_reservation_expires ON ledger_reservation (account, expires)
    WHERE remaining > 0 AND expires IS NOT NULL;

CREATE TABLE ledger_draw (
    id TEXT PRIMARY KEY,
    change TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES ledger_account (id),
    quantity TEXT NOT NULL,
    factor TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    returned TEXT NOT NULL,
    reversed INTEGER NOT NULL CHECK (reversed >= 0 AND reversed <= amount),
    effective TEXT NOT NULL,
    comes_back TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_draw_account ON ledger_draw (account, effective);
CREATE INDEX ledger_draw_comes_back ON ledger_draw (account, comes_back)
    WHERE reversed < amount AND comes_back IS NOT NULL;

CREATE TABLE ledger_discrepancy (
    seq INTEGER PRIMARY KEY, -- the order they were opened in
    id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL REFERENCES ledger_account (id),
    holder TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount >= 0),
    opened_by TEXT NOT NULL,
    settled_by TEXT NOT NULL
) STRICT;
CREATE INDEX ledger_discrepancy_open ON ledger_discrepancy (account) WHERE settled_by = '';

-- Seals are rows of their own, so that audit rows never change (R16).

CREATE TABLE seal_leaf (
    leaf INTEGER PRIMARY KEY CHECK (leaf >= 0),
    seq INTEGER NOT NULL UNIQUE REFERENCES audit (seq),
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TABLE seal_node (
    level INTEGER NOT NULL CHECK (level >= 1),
    number INTEGER NOT NULL CHECK (number >= 0),
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE seal_head (
    number INTEGER PRIMARY KEY CHECK (number >= 0), -- the order they were signed in, from 0
    tree_size INTEGER NOT NULL CHECK (tree_size >= 0),
    root BLOB NOT NULL CHECK (length(root) = 32),
    sealed_at TEXT NOT NULL,
    previous_root BLOB NOT NULL CHECK (length(previous_root) IN (0, 32)),
    key_id TEXT NOT NULL,
    signature BLOB NOT NULL CHECK (length(signature) = 64)
) STRICT;

-- triggers

CREATE TRIGGER ledger_transfer_insert BEFORE INSERT ON ledger_transfer
WHEN EXISTS (SELECT 1 FROM ledger_transfer WHERE seq >= NEW.seq)
    OR EXISTS (SELECT 1 FROM ledger_transfer WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'append-only: this transfer exists'); END;
CREATE TRIGGER ledger_transfer_update BEFORE UPDATE ON ledger_transfer
BEGIN SELECT RAISE(ABORT, 'append-only: a transfer is never edited'); END;
CREATE TRIGGER ledger_transfer_delete BEFORE DELETE ON ledger_transfer
BEGIN SELECT RAISE(ABORT, 'append-only: a transfer is never deleted'); END;

CREATE TRIGGER audit_insert BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE seq >= NEW.seq)
    OR EXISTS (SELECT 1 FROM audit WHERE change = NEW.change)
BEGIN SELECT RAISE(ABORT, 'append-only: this change is in the audit log'); END;
CREATE TRIGGER audit_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'append-only: the audit log is never edited'); END;
CREATE TRIGGER audit_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'append-only: the audit log is never deleted'); END;

CREATE TRIGGER ledger_account_insert BEFORE INSERT ON ledger_account
WHEN EXISTS (SELECT 1 FROM ledger_account WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'append-only: this account is open'); END;
CREATE TRIGGER ledger_account_update BEFORE UPDATE ON ledger_account
BEGIN SELECT RAISE(ABORT, 'append-only: an account keeps its terms'); END;
CREATE TRIGGER ledger_account_delete BEFORE DELETE ON ledger_account
BEGIN SELECT RAISE(ABORT, 'append-only: an account is never deleted'); END;

CREATE TRIGGER ledger_counters_insert BEFORE INSERT ON ledger_counters
WHEN EXISTS (SELECT 1 FROM ledger_counters WHERE account = NEW.account)
BEGIN SELECT RAISE(ABORT, 'these counters exist'); END;
CREATE TRIGGER ledger_counters_floor BEFORE UPDATE OF base_floor ON ledger_counters
WHEN NEW.base_floor <> OLD.base_floor
BEGIN SELECT RAISE(ABORT, 'the opening floor is fixed'); END;
CREATE TRIGGER ledger_counters_delete BEFORE DELETE ON ledger_counters
BEGIN SELECT RAISE(ABORT, 'counters are never deleted'); END;

CREATE TRIGGER ledger_reservation_delete BEFORE DELETE ON ledger_reservation
BEGIN SELECT RAISE(ABORT, 'a reservation is never deleted'); END;
CREATE TRIGGER ledger_draw_delete BEFORE DELETE ON ledger_draw
BEGIN SELECT RAISE(ABORT, 'a draw is never deleted'); END;
CREATE TRIGGER ledger_discrepancy_delete BEFORE DELETE ON ledger_discrepancy
BEGIN SELECT RAISE(ABORT, 'a discrepancy is settled, not deleted'); END;

CREATE TRIGGER seal_leaf_insert BEFORE INSERT ON seal_leaf
WHEN EXISTS (SELECT 1 FROM seal_leaf WHERE leaf = NEW.leaf OR seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'append-only: this leaf is sealed'); END;
CREATE TRIGGER seal_leaf_update BEFORE UPDATE ON seal_leaf
BEGIN SELECT RAISE(ABORT, 'append-only: a seal is never edited'); END;
CREATE TRIGGER seal_leaf_delete BEFORE DELETE ON seal_leaf
BEGIN SELECT RAISE(ABORT, 'append-only: a seal is never deleted'); END;

CREATE TRIGGER seal_node_insert BEFORE INSERT ON seal_node
WHEN EXISTS (SELECT 1 FROM seal_node WHERE level = NEW.level AND number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'append-only: this node is sealed'); END;
CREATE TRIGGER seal_node_update BEFORE UPDATE ON seal_node
BEGIN SELECT RAISE(ABORT, 'append-only: a seal is never edited'); END;
CREATE TRIGGER seal_node_delete BEFORE DELETE ON seal_node
BEGIN SELECT RAISE(ABORT, 'append-only: a seal is never deleted'); END;

CREATE TRIGGER seal_head_insert BEFORE INSERT ON seal_head
WHEN EXISTS (SELECT 1 FROM seal_head WHERE number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'append-only: this head is sealed'); END;
CREATE TRIGGER seal_head_update BEFORE UPDATE ON seal_head
BEGIN SELECT RAISE(ABORT, 'append-only: a seal is never edited'); END;
CREATE TRIGGER seal_head_delete BEFORE DELETE ON seal_head
BEGIN SELECT RAISE(ABORT, 'append-only: a seal is never deleted'); END;
