-- The ledger, the audit log and its seals in PostgreSQL 13 and later. Amounts are integers in
-- 10^-places units of their account; times are UTC text of one width, so that they sort; factors
-- and quantities are exact, as 'n' or 'n/d'. Ids sort by their bytes, as everywhere in Interlock.
-- Transfers, accounts, the audit log and the seals are append-only: triggers refuse UPDATE, DELETE
-- and TRUNCATE, and an existing id before the insert (R16).

CREATE TABLE ledger_schema (version INTEGER NOT NULL);
INSERT INTO ledger_schema VALUES (2);

-- Numbers are taken once the accounts are locked, so they rise along each account; over all
-- accounts they have gaps and commit out of order.
CREATE SEQUENCE ledger_transfer_seq;
CREATE SEQUENCE audit_seq;

CREATE TABLE ledger_account (
    id TEXT COLLATE "C" PRIMARY KEY,
    terms TEXT NOT NULL,
    holder TEXT NOT NULL,
    parent TEXT COLLATE "C" NOT NULL,
    base TEXT COLLATE "C" NOT NULL,
    period TEXT NOT NULL,
    base_floor BIGINT NOT NULL
);

-- fillfactor: an update of the counters stays on its page and touches no index.
CREATE TABLE ledger_counters (
    account TEXT COLLATE "C" PRIMARY KEY REFERENCES ledger_account (id),
    credits_pending BIGINT NOT NULL CHECK (credits_pending >= 0),
    credits_posted BIGINT NOT NULL,
    debits_pending BIGINT NOT NULL CHECK (debits_pending >= 0),
    debits_posted BIGINT NOT NULL CHECK (debits_posted >= 0),
    excess BIGINT NOT NULL,
    tolerated BIGINT NOT NULL CHECK (tolerated >= 0),
    base_floor BIGINT NOT NULL,
    floor BIGINT NOT NULL CHECK (floor = base_floor - tolerated),
    seq BIGINT NOT NULL,
    CONSTRAINT floor_holds CHECK (
        excess >= 0
        AND credits_posted - debits_posted - debits_pending + excess >= floor
        AND (excess = 0 OR credits_posted - debits_posted - debits_pending + excess = floor)
    )
) WITH (fillfactor = 50);

-- xact: the transaction that wrote the row. A row is final once every transaction that could still
-- bring a lower seq has ended; the sealer waits for that.
CREATE TABLE audit (
    seq BIGINT PRIMARY KEY,
    change TEXT COLLATE "C" NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    content TEXT NOT NULL,
    actor TEXT NOT NULL CHECK (actor <> ''),
    reason TEXT NOT NULL,
    cause TEXT NOT NULL,
    effective TEXT COLLATE "C" NOT NULL,
    recorded TEXT COLLATE "C" NOT NULL CHECK (recorded >= effective),
    outcome TEXT NOT NULL,
    xact XID8 NOT NULL DEFAULT pg_current_xact_id()
);

CREATE TABLE ledger_transfer (
    seq BIGINT PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    change TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL REFERENCES ledger_account (id),
    kind TEXT NOT NULL CHECK (kind IN
        ('grant', 'reserve', 'post', 'void', 'expire', 'return', 'adjust', 'breach')),
    side TEXT NOT NULL CHECK (side IN ('credit', 'debit')),
    amount BIGINT NOT NULL CHECK (amount > 0 OR kind = 'adjust'),
    drawn BIGINT NOT NULL CHECK (drawn >= 0),
    tolerated BIGINT NOT NULL CHECK (tolerated >= 0),
    quantity TEXT,
    factor TEXT,
    about TEXT NOT NULL,
    due TEXT COLLATE "C",
    regime TEXT NOT NULL,
    holder TEXT NOT NULL,
    effective TEXT COLLATE "C" NOT NULL,
    recorded TEXT COLLATE "C" NOT NULL CHECK (recorded >= effective)
);
CREATE INDEX ledger_transfer_account ON ledger_transfer (account, seq);

CREATE TABLE ledger_reservation (
    id TEXT COLLATE "C" PRIMARY KEY,
    change TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL REFERENCES ledger_account (id),
    side TEXT NOT NULL CHECK (side IN ('credit', 'debit')),
    amount BIGINT NOT NULL CHECK (amount > 0),
    remaining BIGINT NOT NULL CHECK (remaining >= 0 AND remaining <= amount),
    factor TEXT NOT NULL,
    post TEXT NOT NULL,
    expires TEXT COLLATE "C",
    provisional BOOLEAN NOT NULL,
    holder TEXT NOT NULL,
    regime TEXT NOT NULL,
    effective TEXT COLLATE "C" NOT NULL
);
CREATE INDEX ledger_reservation_expires ON ledger_reservation (account, expires)
    WHERE remaining > 0 AND expires IS NOT NULL;

CREATE TABLE ledger_draw (
    id TEXT COLLATE "C" PRIMARY KEY,
    change TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL REFERENCES ledger_account (id),
    quantity TEXT NOT NULL,
    factor TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    returned TEXT NOT NULL,
    reversed BIGINT NOT NULL CHECK (reversed >= 0 AND reversed <= amount),
    effective TEXT COLLATE "C" NOT NULL,
    comes_back TEXT COLLATE "C"
);
CREATE INDEX ledger_draw_account ON ledger_draw (account, effective);
CREATE INDEX ledger_draw_comes_back ON ledger_draw (account, comes_back)
    WHERE reversed < amount AND comes_back IS NOT NULL;

CREATE TABLE ledger_discrepancy (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    account TEXT COLLATE "C" NOT NULL REFERENCES ledger_account (id),
    holder TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    opened_by TEXT NOT NULL,
    settled_by TEXT NOT NULL
);
CREATE INDEX ledger_discrepancy_open ON ledger_discrepancy (account) WHERE settled_by = '';

-- Seals are rows of their own, so that audit rows never change (R16).

CREATE TABLE seal_leaf (
    leaf BIGINT PRIMARY KEY CHECK (leaf >= 0),
    seq BIGINT NOT NULL UNIQUE REFERENCES audit (seq),
    hash BYTEA NOT NULL CHECK (length(hash) = 32)
);

CREATE TABLE seal_node (
    level INTEGER NOT NULL CHECK (level >= 1),
    number BIGINT NOT NULL CHECK (number >= 0),
    hash BYTEA NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, number)
);

CREATE TABLE seal_head (
    number BIGINT PRIMARY KEY CHECK (number >= 0),
    tree_size BIGINT NOT NULL CHECK (tree_size >= 0),
    root BYTEA NOT NULL CHECK (length(root) = 32),
    sealed_at TEXT COLLATE "C" NOT NULL,
    previous_root BYTEA NOT NULL CHECK (length(previous_root) IN (0, 32)),
    key_id TEXT NOT NULL,
    signature BYTEA NOT NULL CHECK (length(signature) = 64)
);

-- triggers

CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION ledger_guard(moved BIGINT, needed BIGINT) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF moved <> needed THEN
        RAISE EXCEPTION 'only % of % counters could move: the floor would not hold', moved, needed
            USING ERRCODE = 'check_violation';
    END IF;
END $$;

CREATE FUNCTION ledger_transfer_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM ledger_transfer WHERE id = NEW.id)
        OR EXISTS (SELECT 1 FROM ledger_transfer WHERE seq = NEW.seq) THEN
        RAISE EXCEPTION 'append-only: this transfer exists' USING ERRCODE = 'unique_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_transfer_insert BEFORE INSERT ON ledger_transfer
    FOR EACH ROW EXECUTE FUNCTION ledger_transfer_new();
CREATE TRIGGER ledger_transfer_update BEFORE UPDATE ON ledger_transfer
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse('append-only: a transfer is never edited');
CREATE TRIGGER ledger_transfer_delete BEFORE DELETE ON ledger_transfer
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse('append-only: a transfer is never deleted');
CREATE TRIGGER ledger_transfer_truncate BEFORE TRUNCATE ON ledger_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('append-only: a transfer is never deleted');

CREATE FUNCTION audit_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM audit WHERE change = NEW.change)
        OR EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq) THEN
        RAISE EXCEPTION 'append-only: this change is in the audit log' USING ERRCODE = 'unique_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_insert BEFORE INSERT ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_new();
CREATE TRIGGER audit_update BEFORE UPDATE ON audit
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse('append-only: the audit log is never edited');
CREATE TRIGGER audit_delete BEFORE DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse('append-only: the audit log is never deleted');
CREATE TRIGGER audit_truncate BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('append-only: the audit log is never deleted');

CREATE FUNCTION ledger_account_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM ledger_account WHERE id = NEW.id) THEN
        RAISE EXCEPTION 'append-only: this account is open' USING ERRCODE = 'unique_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_account_insert BEFORE INSERT ON ledger_account
    FOR EACH ROW EXECUTE FUNCTION ledger_account_new();
CREATE TRIGGER ledger_account_update BEFORE UPDATE ON ledger_account
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse('append-only: an account keeps its terms');
CREATE TRIGGER ledger_account_delete BEFORE DELETE ON ledger_account
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse('append-only: an account is never deleted');
CREATE TRIGGER ledger_account_truncate BEFORE TRUNCATE ON ledger_account
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('append-only: an account is never deleted');

CREATE FUNCTION seal_leaf_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM seal_leaf WHERE leaf = NEW.leaf)
        OR EXISTS (SELECT 1 FROM seal_leaf WHERE seq = NEW.seq) THEN
        RAISE EXCEPTION 'append-only: this leaf is sealed' USING ERRCODE = 'unique_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER seal_leaf_insert BEFORE INSERT ON seal_leaf
    FOR EACH ROW EXECUTE FUNCTION seal_leaf_new();
CREATE TRIGGER seal_leaf_update BEFORE UPDATE ON seal_leaf
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse('append-only: a seal is never edited');
CREATE TRIGGER seal_leaf_delete BEFORE DELETE ON seal_leaf
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse('append-only: a seal is never deleted');
CREATE TRIGGER seal_leaf_truncate BEFORE TRUNCATE ON seal_leaf
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('append-only: a seal is never deleted');

CREATE FUNCTION seal_node_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM seal_node WHERE level = NEW.level AND number = NEW.number) THEN
        RAISE EXCEPTION 'append-only: this node is sealed' USING ERRCODE = 'unique_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER seal_node_insert BEFORE INSERT ON seal_node
    FOR EACH ROW EXECUTE FUNCTION seal_node_new();
CREATE TRIGGER seal_node_update BEFORE UPDATE ON seal_node
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse('append-only: a seal is never edited');
CREATE TRIGGER seal_node_delete BEFORE DELETE ON seal_node
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse('append-only: a seal is never deleted');
CREATE TRIGGER seal_node_truncate BEFORE TRUNCATE ON seal_node
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('append-only: a seal is never deleted');

CREATE FUNCTION seal_head_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM seal_head WHERE number = NEW.number) THEN
        RAISE EXCEPTION 'append-only: this head is sealed' USING ERRCODE = 'unique_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER seal_head_insert BEFORE INSERT ON seal_head
    FOR EACH ROW EXECUTE FUNCTION seal_head_new();
CREATE TRIGGER seal_head_update BEFORE UPDATE ON seal_head
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse('append-only: a seal is never edited');
CREATE TRIGGER seal_head_delete BEFORE DELETE ON seal_head
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse('append-only: a seal is never deleted');
CREATE TRIGGER seal_head_truncate BEFORE TRUNCATE ON seal_head
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('append-only: a seal is never deleted');

CREATE TRIGGER ledger_counters_floor BEFORE UPDATE ON ledger_counters
    FOR EACH ROW WHEN (NEW.base_floor <> OLD.base_floor OR NEW.account <> OLD.account)
    EXECUTE FUNCTION ledger_refuse('the opening floor is fixed');
CREATE TRIGGER ledger_counters_delete BEFORE DELETE ON ledger_counters
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse('counters are never deleted');
CREATE TRIGGER ledger_counters_truncate BEFORE TRUNCATE ON ledger_counters
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('counters are never deleted');
CREATE TRIGGER ledger_reservation_delete BEFORE DELETE ON ledger_reservation
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse('a reservation is never deleted');
CREATE TRIGGER ledger_reservation_truncate BEFORE TRUNCATE ON ledger_reservation
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('a reservation is never deleted');
CREATE TRIGGER ledger_draw_delete BEFORE DELETE ON ledger_draw
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse('a draw is never deleted');
CREATE TRIGGER ledger_draw_truncate BEFORE TRUNCATE ON ledger_draw
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('a draw is never deleted');
CREATE TRIGGER ledger_discrepancy_delete BEFORE DELETE ON ledger_discrepancy
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse('a discrepancy is settled, not deleted');
CREATE TRIGGER ledger_discrepancy_truncate BEFORE TRUNCATE ON ledger_discrepancy
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('a discrepancy is settled, not deleted');
