"""The pure core: no AWS, no network, no clock, no environment."""
