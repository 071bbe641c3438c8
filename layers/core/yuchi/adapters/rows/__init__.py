"""Files of rows: CSV, JSON lines and spreadsheets, read on from any border of two rows, in bounded memory."""
