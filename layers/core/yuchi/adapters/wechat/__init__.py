"""WeChat: everything that knows its protocol, its errors and its SDK.

The receive path (``push``, ``payload``, ``crypto``, ``normalise``, ``reply``) imports neither wechatpy nor requests,
so that a cold start stays short; ``client`` and ``transport`` are the only importers of wechatpy.
"""
