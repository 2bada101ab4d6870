-- What the models cannot say: only the functions of the ledger write its rows, rows stay, entries as they are, and pages
-- keep room for the updated versions of the rows that change with every posting. Rows point at rows of the same account,
-- and the functions have just read those under its lock; as none is ever deleted, no key between the tables needs to look
-- again.

-- Postings begin with the account's row: so none of them holds another table while this waits for it.
LOCK TABLE points_account IN EXCLUSIVE MODE;
CREATE OR REPLACE TRIGGER points_account_by_functions BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON points_account
    FOR EACH STATEMENT EXECUTE FUNCTION points_refuse_stranger();
CREATE OR REPLACE TRIGGER points_hold_by_functions BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON points_hold
    FOR EACH STATEMENT EXECUTE FUNCTION points_refuse_stranger();
CREATE OR REPLACE TRIGGER points_entry_by_functions BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON points_entry
    FOR EACH STATEMENT EXECUTE FUNCTION points_refuse_stranger();
CREATE OR REPLACE TRIGGER points_lot_by_functions BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON points_lot
    FOR EACH STATEMENT EXECUTE FUNCTION points_refuse_stranger();
CREATE OR REPLACE TRIGGER points_allocation_by_functions BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON points_allocation
    FOR EACH STATEMENT EXECUTE FUNCTION points_refuse_stranger();
DROP TRIGGER IF EXISTS points_entry_no_truncate ON points_entry; -- of before

CREATE OR REPLACE TRIGGER points_entry_immutable BEFORE UPDATE OR DELETE ON points_entry
    FOR EACH ROW EXECUTE FUNCTION points_refuse_change();
CREATE OR REPLACE TRIGGER points_account_stays BEFORE DELETE ON points_account
    FOR EACH ROW EXECUTE FUNCTION points_refuse_change();
CREATE OR REPLACE TRIGGER points_lot_stays BEFORE DELETE ON points_lot
    FOR EACH ROW EXECUTE FUNCTION points_refuse_change();
CREATE OR REPLACE TRIGGER points_hold_stays BEFORE DELETE ON points_hold
    FOR EACH ROW EXECUTE FUNCTION points_refuse_change();
CREATE OR REPLACE TRIGGER points_allocation_stays BEFORE DELETE ON points_allocation
    FOR EACH ROW EXECUTE FUNCTION points_refuse_change();

ALTER TABLE points_account SET (fillfactor = 70);
ALTER TABLE points_lot SET (fillfactor = 80);
ALTER TABLE points_hold SET (fillfactor = 80);
