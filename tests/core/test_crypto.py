from core.crypto import EncryptedTextField, fingerprint


def test_a_text_comes_back_and_is_not_stored_in_the_clear():
    field = EncryptedTextField()
    stored = field.get_prep_value("13800000001")
    assert "13800000001" not in stored
    assert field.from_db_value(stored, None, None) == "13800000001"


def test_equal_texts_are_stored_differently():
    field = EncryptedTextField()
    assert field.get_prep_value("same") != field.get_prep_value("same")


def test_nothing_stays_nothing():
    field = EncryptedTextField()
    for empty in (None, ""):
        assert field.get_prep_value(empty) == empty
        assert field.from_db_value(empty, None, None) == empty


def test_a_fingerprint_is_stable_and_keyed(settings):
    first = fingerprint("13800000001")
    assert first == fingerprint("13800000001") != fingerprint("13800000002")
    settings.SECRET_KEY = "another"
    assert first != fingerprint("13800000001")
