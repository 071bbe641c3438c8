"""In-memory ports. They pass the same contract tests as the real adapters (``tests/flow/test_store_contracts.py``)."""
