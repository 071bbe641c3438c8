"""A WeChat platform on this machine.

``server`` answers what api.weixin.qq.com answers, with its documented limits and error codes, and passes every other
path on to the API; ``pusher`` pushes callbacks as WeChat does. Nothing here uses the product's code, so that the two
check each other.
"""
