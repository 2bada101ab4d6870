from django.db import migrations, transaction

from points.ledger import sql

AT_ONCE = 5_000
# A function, so that the triggers let it write the table. The hash is that of ``points_hold_hash`` as it was then.
FILL = """
CREATE OR REPLACE FUNCTION ledger_fill_hashes(p_after bigint, p_after_seq integer, OUT r_account bigint, OUT r_seq integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    WITH batch AS (
        SELECT account_id, seq FROM points_hold
        WHERE (account_id, seq) > (p_after, p_after_seq) ORDER BY account_id, seq LIMIT %d
    ), filled AS (
        UPDATE points_hold h SET hash = sha256(convert_to(ROW(
            h.account_id, h.seq, h.points, h.state, h.key, h.source, h.by, extract(epoch FROM h.at),
            extract(epoch FROM h.expires_at), extract(epoch FROM h.ended_at), h.ended_by, h.entry_seq, h.release_key,
            h.outcome
        )::text, 'UTF8')) FROM batch
        WHERE h.account_id = batch.account_id AND h.seq = batch.seq AND h.hash IS NULL
    )
    SELECT account_id, seq INTO r_account, r_seq FROM batch ORDER BY account_id DESC, seq DESC LIMIT 1;
END $$
"""


def fill(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(FILL % AT_ONCE)
        after = (0, 0)
        while None not in after:
            with transaction.atomic(schema_editor.connection.alias):
                cursor.execute("SELECT * FROM ledger_fill_hashes(%s, %s)", after)
                after = cursor.fetchone()
        cursor.execute("DROP FUNCTION ledger_fill_hashes(bigint, integer)")


class Migration(migrations.Migration):
    """Gives the holds of before their hash, some thousands a transaction, while others read and write. May be run
    again: it walks over all holds once more, and writes none."""

    atomic = False

    dependencies = [("points", "0024_functions_at_the_end")]

    operations = sql.owned(migrations.RunPython(fill, migrations.RunPython.noop))
