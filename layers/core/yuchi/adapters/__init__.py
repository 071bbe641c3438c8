"""What the ports are on AWS and on WeChat."""
