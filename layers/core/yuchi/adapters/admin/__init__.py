"""What only operators need of AWS: no function imports this."""
