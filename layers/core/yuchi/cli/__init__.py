"""The operators' command line: thin commands over the services. Never in the Lambda layer."""
