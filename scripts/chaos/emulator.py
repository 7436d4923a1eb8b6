"""`emulator.py SPECS PORT`: an emulator for one account, which can stop and start listening.

Each line on standard input is a JSON list of a command and its arguments; the result is a line of JSON.
The process exits at the end of its standard input.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gatepass_emulator import Emulator


def main(specs: str, port: str) -> None:
    with Emulator(Path(specs), int(port)) as emulator:
        print(json.dumps(emulator.variables()), flush=True)
        for line in sys.stdin:
            command, arguments = json.loads(line)
            result: Any = None
            if command == "refuse":
                emulator.__exit__()
            elif command == "accept":
                emulator.__enter__()
            elif command == "requests":
                result = [asdict(call) for call in emulator.calls]
            else:
                result = getattr(emulator, command)(**arguments)
            print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
