"""MiniStack as a child of the supervisor: `python -m infra.local.emulator`.

Differs from running `ministack` in two things. It ends when its standard input does, that is when its parent is gone
for whatever reason. And functions run under an interpreter without site-packages (first argument: a small script that
starts one), so that they see the standard library and their layers only, as on AWS: a package that the layer lacks is
missing here too, although this environment has it.
"""

import os
import signal
import sys
import threading


def end_with_parent() -> None:
    """Blocks until standard input is at its end; then ends this process, by force if it has to."""
    while sys.stdin.buffer.read(1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(5.0)
    os._exit(1)


def main() -> None:
    """Serve until told to stop. MiniStack takes its settings from the environment."""
    from ministack.app import main as serve  # reads the environment at import

    threading.Thread(target=end_with_parent, name="end-with-parent", daemon=True).start()
    # MiniStack starts workers with `sys.executable`.
    function_python, sys.executable = sys.argv[1], sys.argv[1]
    sys.argv = [function_python]
    serve()


if __name__ == "__main__":
    main()
