"""Outside services as the tests meet them: small servers over real HTTP that sign and answer as the real ones do."""
