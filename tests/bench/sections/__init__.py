"""The sections of the page, one module each: ``measure`` finds and describes."""
