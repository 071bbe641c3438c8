"""Makers of generated pages: one module for each page (:data:`docs.generate.PAGES`)."""
