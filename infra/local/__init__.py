"""The whole of Yuchi on one machine: MiniStack for AWS, a simulator for WeChat, the real template deployed between.

`python -m infra.local up|down|status|logs|demo`, or in code::

    with local_stack("my-test") as stack:
        fan = stack.pusher("trial-oa").fan()
        fan.text("试用")
"""
