-- What the models cannot say: entries are append-only, rows of the ledger point at rows of the same account, and
-- pages keep room for the updated versions of the rows that change with every posting.

CREATE TRIGGER points_entry_immutable BEFORE UPDATE OR DELETE ON points_entry
    FOR EACH ROW EXECUTE FUNCTION points_refuse_change();

-- Between tests all tables are emptied; the databases where that happens are named test_.
CREATE TRIGGER points_entry_no_truncate BEFORE TRUNCATE ON points_entry
    FOR EACH STATEMENT WHEN (left(current_database(), 5) <> 'test_') EXECUTE FUNCTION points_refuse_change();

ALTER TABLE points_entry
    ADD CONSTRAINT points_entry_of_account FOREIGN KEY (account_id) REFERENCES points_account (account_id),
    ADD CONSTRAINT points_entry_of_hold FOREIGN KEY (account_id, hold_seq) REFERENCES points_hold (account_id, seq),
    ADD CONSTRAINT points_entry_reverses FOREIGN KEY (account_id, reverses) REFERENCES points_entry (account_id, seq);
ALTER TABLE points_hold
    ADD CONSTRAINT points_hold_of_account FOREIGN KEY (account_id) REFERENCES points_account (account_id),
    ADD CONSTRAINT points_hold_captured FOREIGN KEY (account_id, entry_seq) REFERENCES points_entry (account_id, seq);
ALTER TABLE points_lot
    ADD CONSTRAINT points_lot_of_account FOREIGN KEY (account_id) REFERENCES points_account (account_id),
    ADD CONSTRAINT points_lot_origin FOREIGN KEY (account_id, origin) REFERENCES points_lot (account_id, seq);
ALTER TABLE points_allocation
    ADD CONSTRAINT points_allocation_of_lot FOREIGN KEY (account_id, lot) REFERENCES points_lot (account_id, seq);

ALTER TABLE points_account SET (fillfactor = 70);
ALTER TABLE points_lot SET (fillfactor = 80);
ALTER TABLE points_hold SET (fillfactor = 80);
