"""Yuchi 鱼池: an open, serverless WeChat social CRM."""
